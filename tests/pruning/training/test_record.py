"""The record of a run by itself: what is taken up, what is refused, and what is left behind."""

import json
import sys
from dataclasses import replace

import pytest

from hypgcn.design.files import folder_lock
from hypgcn_pruning.training.record import Step, content, differences, open_run

STEP = Step("step", ("result.txt", "inner*/part.txt", "inner*/step.run.json"))
DEPENDS = {"shape": [1, 2], "rate": 0.1, "source": "sha256:" + 64 * "a"}


def finish(folder, text="done", **depends):
    with open_run(folder, STEP, {**DEPENDS, **depends}) as run:
        if not run.finished:
            (folder / "result.txt").write_text(text, encoding="utf-8")
            run.finish("result.txt")
        return run


def test_a_run_is_itself(tmp_path, capsys):
    """Tuples and lists are alike, and so are numbers before and after they were stored."""
    first = finish(tmp_path)
    assert not first.finished and not first.resumed and capsys.readouterr().err == ""
    again = finish(tmp_path, shape=(1, 2))
    assert again.finished and again.hash == first.hash
    assert "this run of step is finished, nothing is done again" in capsys.readouterr().err
    assert json.loads((tmp_path / "step.run.json").read_text(encoding="utf-8"))["finished"]


def test_every_difference_is_named(tmp_path):
    finish(tmp_path)
    with pytest.raises(ValueError, match=(
            r"holds another run of step \(finished\), which differs from this one in rate: 0.1 there, 0.2 here; "
            r"source: content aaaaaaaaaaaa there, content bbbbbbbbbbbb here; more: nothing there, None here. Give "
            r"another folder \(-o\), or the settings and inputs of that run, or --fresh to remove it")):
        finish(tmp_path, rate=0.2, source="sha256:" + 64 * "b", more=None)
    assert (tmp_path / "result.txt").read_text(encoding="utf-8") == "done"


def test_long_values_are_shortened():
    text, = differences({"names": ["a" * 50, "b" * 50]}, {"names": []})
    assert len(text) < 120 and text.endswith("... there, [] here")


def test_the_code_counts(tmp_path, monkeypatch):
    finish(tmp_path)
    monkeypatch.setattr(sys.modules[__name__], "STEP", replace(STEP, version=2))
    with pytest.raises(ValueError, match="version of step: 1 there, 2 here"):
        finish(tmp_path)


@pytest.mark.parametrize(("edit", "match"), [
    (lambda path: path.write_text("changed", encoding="utf-8"), "result.txt is not what the finished run of step"),
    (lambda path: path.unlink(), "result.txt is missing, which the finished run of step in this folder wrote")])
def test_results_are_those_of_the_run(tmp_path, edit, match):
    finish(tmp_path)
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner/part.txt").touch()
    edit(tmp_path / "result.txt")
    with pytest.raises(ValueError, match=match):
        finish(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"run": 1, "depends": {}, "place": {}, "finished": true, '
                                  '"results": {}}'])
def test_a_damaged_record(tmp_path, text):
    finish(tmp_path)
    (tmp_path / "step.run.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"step.run.json is damaged: it must hold run, depends, .* --fresh removes"):
        finish(tmp_path)


def test_a_result_without_record(tmp_path):
    (tmp_path / "inner1").mkdir()
    (tmp_path / "inner1/part.txt").touch()
    with pytest.raises(ValueError, match=r"holds inner1.part.txt of a run of step that did not record"):
        finish(tmp_path)
    (tmp_path / "mine.txt").touch()
    with open_run(tmp_path, STEP, DEPENDS, fresh=True):
        assert sorted(path.name for path in tmp_path.rglob("*")) == ["mine.txt", "step.run.json"]


def test_nothing_is_left_of_a_run_that_wrote_nothing(tmp_path):
    """It failed, or was stopped, before there was anything to lose: the folder is free for other settings."""
    def fail(folder):
        with open_run(folder, STEP, DEPENDS):
            raise KeyboardInterrupt
    for folder in (tmp_path / "made", tmp_path):
        with pytest.raises(KeyboardInterrupt):
            fail(folder)
    assert not any(tmp_path.iterdir())


def test_a_run_that_wrote_something_goes_on(tmp_path, capsys):
    def stop():
        with open_run(tmp_path, STEP, DEPENDS):
            (tmp_path / "result.txt").touch()
            raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        stop()
    with pytest.raises(ValueError, match=r"another run of step \(unfinished\), which differs from this one in rate"):
        finish(tmp_path, rate=0.2)
    assert finish(tmp_path).resumed
    assert "the interrupted run of step goes on" in capsys.readouterr().err


def test_one_run_at_a_time(tmp_path):
    with folder_lock(tmp_path), pytest.raises(TimeoutError, match="is being written by another run of hypgcn"):
        finish(tmp_path)
    assert not (tmp_path / "step.run.json").exists()
    finish(tmp_path)


def test_content_of_what_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="teacher.pt not found"):
        content(tmp_path / "teacher.pt")
