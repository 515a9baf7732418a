"""Small blocks and clips for the tests of the temporal unit."""

import numpy as np

from hypgcn.design import BANK
from hypgcn.design.presets import random_block

SHORTCUTS = {
    "identity": {"in_channels": 20, "out_channels": 20, "filters": 7},
    "none": {"in_channels": 3, "out_channels": 36, "shortcut_y": "none", "filters": 9, "keep_taps": 3},
    "conv": {"in_channels": 36, "out_channels": 20, "stride": 2, "filters": 5, "keep_taps": 4},
    "dropped": {"in_channels": 16, "out_channels": 16, "filters": 0},
    "few": {"in_channels": 6, "h_channels": 36, "out_channels": 20, "filters": 11, "shortcut_h": "identity",
            "shortcut_y": "identity"},
}


def block(name, *, seed=3, joints=3, **change):
    """A block called after its shortcut.

    ``"dropped"``: no channel has a filter. ``"few"``: X has fewer channels than Y, and Y than H.
    """
    return random_block(seed, joints=joints, **{**SHORTCUTS[name], **change})


def activations(rng, shape, density, low=0):
    """int64, a share ``density`` non-zero, within ``low``..127."""
    values = rng.integers(low, 128, shape)
    return np.where(rng.random(shape) < density, np.where(values == 0, 127, values), 0)


def vector(values, overflow=0):
    """Payload of one compressed vector of up to 16 values."""
    values = [int(v) for v in values] + [0] * (BANK - len(values))
    kept = [v for v in values if v]
    return {"mask": sum(1 << c for c, v in enumerate(values) if v), "values": kept + [0] * (BANK - len(kept)),
            "overflow": overflow}


def vectors(row, overflow=0):
    """All vectors of a row (V, C), in (joint, bank) order."""
    return [vector(joint[start:start + BANK], overflow) for joint in row for start in range(0, row.shape[1], BANK)]
