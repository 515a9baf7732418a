import numpy as np
import pytest
from legible import drawn, problems, words

from hypgcn_pruning.reports.confusion import NAMED, confusion_picture, save_confusion


@pytest.mark.parametrize("classes", [2, 60])
def test_picture(classes):
    """The same matrix, the same bytes; another one, others."""
    matrix = np.random.default_rng(0).integers(0, 9, (classes, classes))
    names = [f"a class with a very long name, number {k}" for k in range(classes)]
    image = confusion_picture(matrix, names, "int8")
    assert image.startswith(b"\x89PNG") and image == confusion_picture(matrix, names, "int8")
    assert confusion_picture(matrix.T, names, "int8") != image


@pytest.mark.parametrize("classes", [2, 10, 20, NAMED, NAMED + 1, 60, 120])
def test_it_can_be_read(monkeypatch, classes):
    """Names stand beside the matrix where they can be read; else those that are confused are listed."""
    figures, random = drawn(monkeypatch), np.random.default_rng(0)
    matrix = random.integers(0, 3, (classes, classes)) * (random.random((classes, classes)) < 0.1)
    matrix += np.diag(random.integers(3, 20, classes))
    matrix[1, 0] = 30
    names = [f"a class with a very long name, number {k}" for k in range(classes)]
    confusion_picture(matrix, names, f"a network with a name, int8: top-1 91.25 % of {matrix.sum()} clips")
    figure, = figures
    assert problems(figure) == []
    said = words(figure)
    of = matrix[1].sum()
    short = f"{names[0][:27]}…"
    if classes <= NAMED:
        assert said.count(short) == 2 * classes and "recorded as" in said
    else:
        assert any(f"{short}, taken for {short}: 30 of {of}" in word for word in said)
        assert "recorded as (number of the class, from 0)" in said


def test_nothing_is_listed_where_nothing_is_confused(monkeypatch):
    figures = drawn(monkeypatch)
    confusion_picture(np.diag([3] * 60), (), "int8")
    assert not any("confused" in word for word in words(figures[0])) and problems(figures[0]) == []


def test_an_unchanged_picture_is_left_alone(tmp_path):
    matrix = np.diag([3, 0])
    save_confusion(tmp_path / "c.png", matrix, (), "int8")
    before = (tmp_path / "c.png").stat().st_mtime_ns
    save_confusion(tmp_path / "c.png", matrix, (), "int8")
    assert (tmp_path / "c.png").stat().st_mtime_ns == before
    save_confusion(tmp_path / "c.png", matrix + 1, (), "int8")
    assert (tmp_path / "c.png").stat().st_mtime_ns != before
