import importlib
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hypgcn.design.clip import Preparation
from hypgcn.design.presets import random_design

sys.path.insert(0, str(Path(__file__).parent))
integer_speed = importlib.import_module("integer_speed")


def test_both_are_measured_and_compared(tmp_path, monkeypatch):
    design = random_design(0, name="d", frames=6, joints=5, persons=1, classes=2, kernel=5, widths=(16, 16),
                           strides=(1, 2), keep=0.5)
    replace(design, meta={"preparation": Preparation(frames=6, centre=0).to_dict()}).save(tmp_path / "design")
    np.savez(tmp_path / "c.npz", data=np.random.default_rng(0).normal(size=(8, 3, 9, 5, 1)), label=np.arange(8) % 2,
             split=np.ones(8, int))
    read, torch, golden = integer_speed.measure(tmp_path / "design", str(tmp_path / "c.npz"), 3)
    assert read.startswith("3 clips read")
    for name, line in (("integer.py", torch), ("golden", golden)):
        assert re.fullmatch(rf"{name}: [\d.]+ clips a second, peak (\d+|None) MB", line)
    real = integer_speed.run
    monkeypatch.setattr(integer_speed, "run", lambda *args: {"logits": real(*args)["logits"] + 1})
    with pytest.raises(ValueError, match="the two implementations differ"):
        integer_speed.measure(tmp_path / "design", str(tmp_path / "c.npz"), 3)
