from hypgcn_pruning.recordings import passes
from hypgcn_pruning.recordings.passes import passing


def test_a_short_pass_says_nothing(capsys):
    assert list(passing(iter("abc"), 3, "letters")) == ["a", "b", "c"]
    assert capsys.readouterr() == ("", "")


def test_a_long_pass_says_the_time_left(capsys, monkeypatch):
    times = iter(range(0, 100, 8))  # seconds; a line at most every ten
    real = passes.Progress
    monkeypatch.setattr(passes, "Progress", lambda title: real(title, clock=lambda: next(times)))
    assert len(list(passing(iter("abcd"), 4, "letters"))) == 4
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["letters:  50 %, 16 s left", "letters: 100 %, 0 s left", "letters: done in 40 s"]
