"""Small networks and bodies for the tests of the live classifier."""

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from hypgcn.design.clip import Preparation
from hypgcn.design.ensemble import Ensemble
from hypgcn.design.presets import random_design
from hypgcn.design.raw_conversion import with_raw_input
from hypgcn.design.skeleton import BUILT_IN

__all__ = ["FakeCore", "FakeResult", "body", "design_for", "ensemble_for", "moving"]


@dataclass(frozen=True)
class FakeResult:
    scores: np.ndarray
    flags: tuple[str, ...] = ()


class FakeCore:
    """Answers with the class of ``choose(clip)`` and keeps the clips."""

    def __init__(self, choose=lambda clip: 0, *, classes=3, score=100, flags=()):
        self.choose, self.classes, self.score, self.flags = choose, classes, score, flags
        self.clips = []

    def classify(self, clip):
        self.clips.append(clip)
        scores = np.zeros(self.classes, np.int64)
        scores[self.choose(clip)] = self.score
        return FakeResult(scores, self.flags)


def design_for(skeleton="kinect20", *, frames=8, persons=1, channels=3, classes=3, names=("sit", "stand", "wave"),
               seed=1, **preparation):
    """A seeded design on a built-in skeleton whose clips are prepared as those of the shipped networks."""
    design = random_design(seed, name=f"live{seed}", frames=frames, joints=BUILT_IN[skeleton].joints, persons=persons,
                           channels=channels, classes=classes, widths=(4,), strides=(1,), kernel=3, subsets=1)
    entry = Preparation(**{"frames": frames, "centre": BUILT_IN[skeleton].centre, "scale": "none", "centring": "every",
                           **preparation}).to_dict()
    return replace(design, class_names=names, input_scale=0.01, logit_scale=0.1,
                   meta={"skeleton": BUILT_IN[skeleton].to_dict(), "preparation": entry})


def ensemble_for(*, weights=(3, 1), **options):
    """A joint and a bone network on the same raw joints, whose logits have different steps."""
    designs = [replace(design_for(seed=seed, **options, **stream), logit_scale=scale) for seed, scale, stream in (
        (1, 2e-6, {}), (2, 1e-6, {"centre": None, "parents": BUILT_IN["kinect20"].parents}))]
    return Ensemble(name="pair", streams=("joint", "bone"), designs=tuple(map(with_raw_input, designs)),
                    weights=tuple(map(Fraction, weights)))


def moving(frames, joints, *, persons=1, seed=0, channels=3):
    """A recording (M, T, V, C) of people who drift; no joint is zero."""
    rng = np.random.default_rng(seed)
    start = rng.normal(0, 0.4, (persons, 1, joints, channels)) + 3.0
    return start + np.cumsum(rng.normal(0, 0.01, (persons, frames, 1, channels)), axis=1) \
        + rng.normal(0, 0.002, (persons, frames, joints, channels))


def body(joints=20, *, channels=3, seed=0):
    """One person (V, C + 1), all joints seen."""
    return np.concatenate([moving(1, joints, seed=seed, channels=channels)[0, 0], np.ones((joints, 1))], axis=1)
