import importlib
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
training_speed = importlib.import_module("training_speed")


@pytest.mark.parametrize("precision", ["32", "bf16"])
def test_steps_are_counted_after_the_first_ones(monkeypatch, precision):
    """A clock that each call moves on by two seconds: it is read twice."""
    calls = []
    monkeypatch.setattr(training_speed.time, "process_time", lambda: calls.append(0) or 2.0 * len(calls))
    assert training_speed.measure("8,8/2", precision, steps=1) == 16 / 2
    assert len(calls) == 2


def test_a_precision_that_is_none():
    with pytest.raises(ValueError, match="precision must be one of 32, 16, bf16, not '8'"):
        training_speed.measure("8", "8")
