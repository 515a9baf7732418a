"""Clips as a GIF."""

import builtins

import numpy as np
import pytest

pytest.importorskip("matplotlib")
from PIL import Image  # noqa: E402

from hypgcn.design.skeleton import BUILT_IN  # noqa: E402
from hypgcn.pages import Answer, PageClip  # noqa: E402
from hypgcn.pages.figure import figure_clip  # noqa: E402
from hypgcn.pages.picture import check_gif, save_gif  # noqa: E402


def clip(**changes):
    return PageClip(**{"name": "a clip", "places": figure_clip("wave", 8), "skeleton": BUILT_IN["kinect20"], **changes})


def frames(path):
    with Image.open(path) as picture:
        found = []
        for number in range(picture.n_frames):
            picture.seek(number)
            found.append((picture.info["duration"], np.asarray(picture.convert("RGB")).astype(int)))
        return found


def test_it_moves_and_lasts_as_long_as_the_clip(tmp_path):
    save_gif(tmp_path / "a.gif", [clip()])
    found = frames(tmp_path / "a.gif")
    assert [duration for duration, _ in found] == [70, 70, 70, 600]  # every second of 30 frames a second
    assert all((found[0][1] != other).any() for _, other in found[1:])
    assert found[0][1].shape == (288, 288, 3)


def test_answers_stand_beside_and_the_bytes_repeat(tmp_path):
    scores = (("wave", 0.75, 12), ("sit down", 0.25, 3))
    right, wrong = (clip(answer=Answer(scores=scores, truth=truth, timing="1,234 cycles")) for truth in ("wave", "sit"))
    for name, one in (("a", right), ("b", right), ("c", wrong)):
        save_gif(tmp_path / f"{name}.gif", [one])
    first, second, other = ((tmp_path / f"{name}.gif").read_bytes() for name in "abc")
    assert first == second != other
    _, picture = frames(tmp_path / "a.gif")[0]
    assert picture.shape == (288, 512, 3)
    assert (picture[:, 270:].max(axis=2) < 128).sum() > 100, "there is text"


def test_absent_persons_are_not_drawn(tmp_path):
    places = figure_clip("wave", 4)
    both = np.concatenate([places, places + (0.8, 0, 0)])
    gone = both.copy()
    gone[1] = 0
    for name, clips in (("both", both), ("gone", gone)):
        save_gif(tmp_path / f"{name}.gif", [clip(places=clips)])
    ink = [(frames(tmp_path / f"{name}.gif")[0][1].max(axis=2) < 220).sum() for name in ("both", "gone")]
    assert ink[0] > 0 and ink[1] > 0
    save_gif(tmp_path / "nobody.gif", [clip(places=np.zeros((1, 2, 20, 3)))])
    save_gif(tmp_path / "flat.gif", [clip(places=places[..., :2], filled=np.ones((1, 4, 20), bool))])


def test_a_place_that_cannot_be_written(tmp_path):
    with pytest.raises(ValueError, match=r"--gif must be a file that ends in .gif, not a.mp4"):
        check_gif("--gif", "a.mp4")
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="--gif must be a folder|--gif"):
        check_gif("--gif", tmp_path / "file/a.gif")
    check_gif("--gif", tmp_path / "a.GIF")
    with pytest.raises(ValueError, match="clips must hold at least one clip"):
        save_gif(tmp_path / "a.gif", [])


def test_without_matplotlib_the_message_says_how_to_get_it(monkeypatch, tmp_path):
    real = builtins.__import__

    def without(name, *words, **options):
        if name == "matplotlib":
            raise ModuleNotFoundError(name)
        return real(name, *words, **options)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ValueError, match=r"--gif needs matplotlib, which is not installed: run .*\[sim\]"):
        check_gif("--gif", tmp_path / "a.gif")
