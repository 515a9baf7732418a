import io

import pytest

from hypgcn.progress import Progress, duration


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.mark.parametrize(("seconds", "text"), [(0, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (125, "2 min 05 s"),
                                               (3600, "1 h 00 min"), (4200, "1 h 10 min")])
def test_duration(seconds, text):
    assert duration(seconds) == text


def test_lines_of_a_log():
    clock, out = Clock(), io.StringIO()
    progress = Progress("emit", out=out, clock=clock)
    for second in range(21):
        clock.now = second
        progress(second, 40, f"block {second}")
    progress.finish()
    assert out.getvalue().splitlines() == [
        "emit:  25 %, 30 s left  block 10", "emit:  50 %, 20 s left  block 20", "emit: done in 20 s"]


def test_one_line_on_a_terminal():
    clock, out = Clock(), io.StringIO()
    out.isatty = lambda: True
    progress = Progress("emit", out=out, clock=clock)
    for tenth in range(1, 5):
        clock.now = tenth / 5
        progress(tenth, 4, "x" * (5 - tenth))
    progress.finish("ready")
    assert out.getvalue().count("\r") == 5
    assert out.getvalue().endswith("\n")
    assert out.getvalue().count("\n") == 1


def test_nothing_to_do():
    clock, out = Clock(), io.StringIO()
    progress = Progress("emit", out=out, quiet=0, clock=clock)
    progress(0, 0)
    progress(0, 5)
    assert out.getvalue().splitlines() == ["emit: 100 %, 0 s left", "emit:   0 %"]
