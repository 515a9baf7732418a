"""Test cases of an ensemble: the sum of scores, and two small networks behind one raw input."""

from dataclasses import replace
from fractions import Fraction

import numpy as np

from hypgcn.design.ensemble import Ensemble
from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.design.presets import random_design
from hypgcn.design.raw_input import RawInput
from hypgcn.ensemble import EnsembleNetwork, EnsembleSum
from hypgcn.golden.ensemble import ensemble_scores, run_ensemble
from hypgcn.testbench.clips import generated_clips

from ..case import Case, Sink, Source
from ..context import CaseMaker, Context

__all__ = ["TEST_CASES"]

CLIPS, CLASSES = 3, 3
FOLDING = Folding(blocks=(BlockFolding(conv_pairs=4, lane_pairs=4),))


def _ensemble() -> Ensemble:
    """A joint and a bone-motion network of one narrow block each; what is under test does not depend on the design."""
    designs = [replace(random_design(seed, name=f"stream{seed}", frames=3, joints=4, persons=2, classes=CLASSES,
                                     widths=(width,), strides=(1,)), input_scale=0.001, input_shift=18,
                       logit_scale=scale, raw=raw)
               for seed, width, scale, raw in (
                   (1, 4, 0.01, RawInput(unit="mm", centre=1, patience=1)),
                   (2, 6, 0.003, RawInput(unit="mm", parents=(1, 1, 1, 2), motion=True, patience=1)))]
    return Ensemble(name="two", streams=("joint", "bone-motion"), designs=tuple(designs),
                    weights=(Fraction(1), Fraction(2)))


def _beats(scores, overflow, streams=()) -> list[dict]:
    """Beats of ``scores`` (clips, classes), with those of each network in ``streams``, which are of the same shape."""
    return [{"index": j, "score": int(score), "last": int(j == CLASSES - 1), "overflow": int(flag),
             **{f"stream{index}": int(part[clip][j]) for index, part in enumerate(streams)}}
            for clip, (row, flag) in enumerate(zip(scores, overflow)) for j, score in enumerate(row)]


def _axes(clips: int) -> list[tuple[str, int]]:
    return [("clip", clips), ("class", CLASSES)]


def _sum(context: Context) -> Case:
    """Random logits and those at the ends of their width."""
    ensemble, rng, clips = _ensemble(), context.rng("ensemble_sum"), 20
    ends = [1 << design.logit_width - 1 for design in ensemble.designs]
    logits = [rng.integers(-end, end, (clips, CLASSES)) for end in ends]
    for part, end in zip(logits, ends):
        part[0], part[1] = end - 1, -end
    overflow = rng.integers(0, 2, (len(ends), clips))
    return Case(name="ensemble_sum", component=lambda: EnsembleSum(ensemble),
                sources={f"i{index}": Source(beats=_beats(*part)) for index, part in enumerate(zip(logits, overflow))},
                sinks={"o": Sink(beats=_beats(ensemble_scores(ensemble, logits), overflow.any(axis=0), logits),
                                 tensor="logits", axes=_axes(clips))})


def _network(_: Context) -> Case:
    """Clips back to back, one without its last person."""
    ensemble = _ensemble()
    clips = generated_clips(ensemble.designs[0], CLIPS)
    found = [run_ensemble(ensemble, clip) for clip in clips]
    streams = [[tensors["streams"][index]["logits"] for tensors in found] for index in range(len(ensemble.designs))]
    expected = _beats([tensors["logits"] for tensors in found], [tensors["overflow"] for tensors in found], streams)
    return Case(name="ensemble_network", component=lambda: EnsembleNetwork(ensemble, [FOLDING, FOLDING]),
                sources={"i": Source(beats=np.asarray(clips).reshape(-1, clips.shape[-1]).tolist())},
                sinks={"o": Sink(beats=expected, tensor="logits", axes=_axes(CLIPS))},
                signals={"threshold_raise": 0}, timeout=100_000, clips=CLIPS)


TEST_CASES: dict[str, CaseMaker] = {"ensemble_sum": _sum, "ensemble_network": _network}
