# amaranth: UnusedElaboratable=no
"""The sum of scores against golden: ends of the range, flags, networks that come at different times."""

import numpy as np
import pytest
from ensembles import small_ensemble

from hypgcn.ensemble import EnsembleSum
from hypgcn.golden.ensemble import ensemble_scores
from testbench import STREAM_PATTERNS, run


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
def test_matches_golden(idle, stall):
    ensemble, rng, clips, classes = small_ensemble(), np.random.default_rng(1), 8, 3
    logits, overflow = [], rng.integers(0, 2, (2, clips))
    for design in ensemble.designs:
        end = 1 << design.logit_width - 1
        values = rng.integers(-end, end, (clips, classes))
        values[0], values[1], values[2] = end - 1, -end, 0
        logits.append(values)

    def beats(values, flags):
        return [{"index": j, "score": int(score), "last": int(j == classes - 1), "overflow": int(flag)}
                for row, flag in zip(values, flags) for j, score in enumerate(row)]

    expected = beats(ensemble_scores(ensemble, logits), overflow.any(axis=0))
    for place, beat in enumerate(expected):     # the networks' own scores go along
        beat |= {f"stream{index}": int(values.ravel()[place]) for index, values in enumerate(logits)}
    sources = {f"i{index}": beats(*part) for index, part in enumerate(zip(logits, overflow))}
    out = run(EnsembleSum(ensemble), sources, {"o": len(expected)}, idle=idle, stall=stall)
    assert out["o"] == expected


def test_a_class_a_cycle():
    ensemble = small_ensemble()
    beats = [{"index": n % 3, "score": n, "last": int(n % 3 == 2), "overflow": 0} for n in range(30)]
    assert run(EnsembleSum(ensemble), {"i0": beats, "i1": beats}, {"o": 30})["cycles"] <= 30 + EnsembleSum.LATENCY + 1
