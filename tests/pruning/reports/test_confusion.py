import numpy as np
import pytest

from hypgcn_pruning.reports.confusion import confusion_picture, save_confusion


@pytest.mark.parametrize("classes", [2, 60])
def test_picture(classes):
    """The same matrix, the same bytes; another one, others."""
    matrix = np.random.default_rng(0).integers(0, 9, (classes, classes))
    names = [f"a class with a very long name, number {k}" for k in range(classes)]
    image = confusion_picture(matrix, names, "int8")
    assert image.startswith(b"\x89PNG") and image == confusion_picture(matrix, names, "int8")
    assert confusion_picture(matrix.T, names, "int8") != image


def test_an_unchanged_picture_is_left_alone(tmp_path):
    matrix = np.diag([3, 0])
    save_confusion(tmp_path / "c.png", matrix, (), "int8")
    before = (tmp_path / "c.png").stat().st_mtime_ns
    save_confusion(tmp_path / "c.png", matrix, (), "int8")
    assert (tmp_path / "c.png").stat().st_mtime_ns == before
    save_confusion(tmp_path / "c.png", matrix + 1, (), "int8")
    assert (tmp_path / "c.png").stat().st_mtime_ns != before
