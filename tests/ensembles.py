"""A small ensemble of a joint and a bone-motion network on the same raw joints."""

import dataclasses
from fractions import Fraction

from raw_designs import STREAMS, raw_design

from hypgcn.design.ensemble import ENSEMBLE_FILE, Ensemble
from hypgcn.design.raw_input import RawInput

__all__ = ["saved", "small_ensemble", "small_network"]


def small_network(stream, seed=1, scale=1.0, **options):
    """A network of one or two narrow blocks, with logits of steps of ``scale``."""
    design = raw_design(RawInput(unit="mm", patience=1, **STREAMS[stream]), seed=seed,
                        **{"frames": 2, **options})
    return dataclasses.replace(design, logit_scale=scale)


def small_ensemble(weights=(1, 2), **options):
    designs = (small_network("joint", 1, 0.01, **options),
               small_network("bone-motion", 2, 0.003, **{**options, "widths": (6,)}))
    return Ensemble(name="small", streams=("joint", "bone-motion"), designs=designs,
                    weights=tuple(map(Fraction, weights)))


def saved(ensemble, folder):
    """``folder`` as a text, with ``ensemble`` and its designs in it."""
    folders = [folder / stream for stream in ensemble.streams]
    for design, place in zip(ensemble.designs, folders):
        design.save(place)
    ensemble.save(folder / ENSEMBLE_FILE, folders)
    return str(folder)
