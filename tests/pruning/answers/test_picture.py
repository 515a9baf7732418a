"""Scores over time as a picture: it can be read, of one recording and of twelve."""

import numpy as np
import pytest
from legible import drawn, problems, words

from hypgcn_pruning.answers.picture import PANELS, save_picture
from hypgcn_pruning.answers.predict import ClipAnswer

NAMES = [f"class {k}, which has a name of some words" for k in range(10)]


def answer(name: str, windows: int) -> ClipAnswer:
    probabilities = np.random.default_rng(1).dirichlet(np.full(10, 0.3), size=windows)
    probabilities[windows // 2] = np.nan
    return ClipAnswer(name=name, frames=10 * windows + 20, recorded=None, windows=[(10 * k, 10 * k + 30)
                                                                                  for k in range(windows)],
                      order=np.argsort(-probabilities, axis=1), probabilities=probabilities)


@pytest.mark.parametrize("lengths", [(30,), (30, 30), (30, 12, 400), (25,) * PANELS, tuple(range(9, 9 + PANELS))])
def test_it_can_be_read(tmp_path, monkeypatch, lengths):
    figures = drawn(monkeypatch)
    answers = [answer(f"a folder/recording number {k}.npy", length) for k, length in enumerate(lengths)]
    save_picture(tmp_path / "p.png", answers, NAMES)
    figure, = figures
    assert problems(figure) == []
    said = words(figure)
    assert {"probability (%)", "frame (middle of the window)", *(each.name for each in answers)} <= set(said)
    assert sum(word.startswith("class ") for word in said) == 8


@pytest.mark.parametrize("suffix", ["svg", "pdf"])
def test_other_formats(tmp_path, suffix):
    save_picture(tmp_path / f"p.{suffix}", [answer("one.npy", 4)], NAMES)
    assert (tmp_path / f"p.{suffix}").stat().st_size > 1000
