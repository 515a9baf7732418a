import numpy as np
import pytest

from hypgcn.spatial import CornerTurn, CornerTurnConfig
from hypgcn_sim.stimuli.beats import slice_beats
from testbench import STREAM_PATTERNS, run

SIZES = [(1, 1, 2), (3, 5, 2), (25, 48, 16), (20, 37, 8), (5, 16, 4), (25, 17, 16), (7, 33, 16), (16, 32, 8),
         (1, 20, 16)]


def turned(rows, cfg):
    """Slices of entries (rows, E, V) in (row, bank, joint) order."""
    return [beat for row in rows for bank in range(0, cfg.entries, 16)
            for beat in slice_beats(row[bank:bank + 16].T, cfg.width)]


@pytest.mark.parametrize(("joints", "entries", "width"), SIZES)
def test_sizes(joints, entries, width):
    cfg = CornerTurnConfig(joints=joints, entries=entries, width=width)
    rows = np.random.default_rng(joints).integers(-128, 128, (3, entries, joints))
    result = run(CornerTurn(cfg), {"i": rows.reshape(-1, joints).tolist()}, {"o": len(turned(rows, cfg))},
                 seed=entries, idle=0.2, stall=0.3, timeout=20_000)
    assert result["o"] == turned(rows, cfg)


@pytest.mark.parametrize(("idle", "stall"), STREAM_PATTERNS)
def test_patterns(idle, stall):
    cfg = CornerTurnConfig(joints=6, entries=35, width=4)
    rows = np.random.default_rng(1).integers(-128, 128, (4, 35, 6))
    result = run(CornerTurn(cfg), {"i": rows.reshape(-1, 6).tolist()}, {"o": len(turned(rows, cfg))},
                 idle=idle, stall=stall, timeout=20_000)
    assert result["o"] == turned(rows, cfg)


@pytest.mark.parametrize(("joints", "width"), [(25, 16), (6, 8), (3, 2)])
def test_cycles_are_those_of_the_config(joints, width):
    """In the steady state a row takes the longer of its writes and reads, bank by bank."""
    cfg = CornerTurnConfig(joints=joints, entries=40, width=width)
    rows = np.random.default_rng(2).integers(-128, 128, (6, 40, joints))
    times = run(CornerTurn(cfg), {"i": rows.reshape(-1, joints).tolist()}, {"o": len(turned(rows, cfg))},
                timeout=20_000)["times"]["o"]
    per_row = len(times) // 6
    ends = np.array(times)[per_row - 1::per_row]
    assert cfg.cycles - 1 <= np.diff(ends)[2:].mean() <= cfg.cycles + 2, (cfg.cycles, np.diff(ends))


@pytest.mark.parametrize(("change", "message"), [
    ({"joints": 65}, "joints must be in 1..64"), ({"entries": 0}, "entries must be at least 1"),
    ({"width": 3}, "width must be one of 2, 4, 8, 16")])
def test_rejects(change, message):
    with pytest.raises(ValueError, match=message):
        CornerTurnConfig(**{"joints": 5, "entries": 20, "width": 4, **change})
