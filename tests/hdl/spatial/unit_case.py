"""A spatial unit with the store of X beside it, checked against the golden model."""

import dataclasses

import numpy as np
from hdl.spatial.rows import Rows
from hdl.vectors import vectors

import testbench
from hypgcn.design import Block
from hypgcn.design.folding import BlockFolding
from hypgcn.design.presets import random_block
from hypgcn.golden.spatial.unit import spatial
from hypgcn.spatial import SpatialConfig, SpatialUnit

__all__ = ["SHAPES", "check", "make_block", "make_x"]

# joints, subsets, in_channels, out_channels, kept
SHAPES = {
    "one joint": (1, 1, 3, 5, None),
    "conv": (3, 3, 3, 16, None),
    "conv, sparse down": (3, 3, 20, 17, 2),
    "identity": (5, 3, 16, 16, 2),
    "identity, odd": (3, 1, 17, 17, 5),
    "identity, banks": (2, 3, 33, 33, 2),
    "identity, few": (3, 3, 6, 36, 4),
}


def make_block(name, seed=0, **change) -> Block:
    joints, subsets, inputs, outputs, kept = SHAPES[name]
    shortcut = "identity" if name.startswith("identity") else "conv"
    block = random_block(seed, joints=joints, subsets=subsets, in_channels=inputs, out_channels=outputs, kept=kept,
                         shortcut_h=shortcut)
    if name == "conv, sparse down":
        down = block.down * (np.arange(inputs) % 3 == 0).astype(np.int8)
        block = dataclasses.replace(block, down=down)
    return dataclasses.replace(block, **change)


def make_x(block, joints, count, seed, signed=False):
    rng = np.random.default_rng(seed)
    densities = np.resize([0.4, 0.0, 1.0, 0.1], count)
    x = rng.integers(-128 if signed else 0, 128, (count, joints, block.in_channels))
    return x * (rng.random(x.shape) < densities[:, None, None])


def check(block, joints, *, count=4, idle=0.0, stall=0.0, mac="inferred", signed=False, theta=3, x=None, unit=None,
          **folding):
    folding = BlockFolding(**{"x_rows": 4, **folding})
    cfg = SpatialConfig(block=block, joints=joints, frames=count, folding=folding, mac=mac)
    x = make_x(block, joints, count, 1, signed) if x is None else x
    # A store that has lost values says so until the end of the clip: that of Z relies on it.
    flags = [n > 0 if cfg.on_lanes else n % 3 == 1 for n in range(len(x))]
    want = [vector for row, flag in zip(spatial(x, block, theta)["h"], flags) for vector in vectors(row, flag)]
    dut = unit or SpatialUnit(cfg)
    store = Rows(list(x), flags, cfg.folding.x_rows, seed=2, idle=idle)
    responders = {(f"load_req.{n}", f"load_rsp.{n}"): store.answer for n in range(cfg.folding.graph_units)}
    if block.shortcut_h == "identity":
        responders["res_req", "res_rsp"] = store.answer
    result = testbench.run(dut, {}, {"o": len(want)}, seed=5, idle=idle, stall=stall, timeout=20_000,
                      signals={"threshold": theta}, responders=responders,
                      testbenches=[store.announce(dut, dut.x_used)])
    assert result["o"] == want
    return cfg, x, result
