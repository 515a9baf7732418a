"""Clips as a GIF for slides: the skeleton moves, class and probabilities stand beside it."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np

from ..design.files import check_out_file, write_file
from ..needs import install_command
from .clip import Answer, PageClip

__all__ = ["check_gif", "save_gif"]

_INKS = {"l": "#1f77b4", "r": "#d1600a", "m": "#4a5561"}
_BAR, _QUIET, _TRACK = "#3d7fb5", "#5b6570", "#e3e7eb"
_YAW, _PITCH = 0.4, 0.15
_SCORES = 5
_DPI = 80
_COLOURS = 32
_RATE = 15.0
"""Frames a second at most: of faster clips some are left out. GIF counts in hundredths of a second."""


def check_gif(name: str, path):
    """Raise :exc:`ValueError` unless a GIF can be written to ``path``, that of the option ``name``."""
    path = Path(path)
    if path.suffix.lower() != ".gif":
        raise ValueError(f"{name} must be a file that ends in .gif, not {path}")
    check_out_file(name, path)
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError:
        raise ValueError(f"{name} needs matplotlib, which is not installed: run {install_command('sim')}") from None


def save_gif(path, clips: Sequence[PageClip]):
    """Write ``clips``, one after the other, as a GIF that repeats; the same bytes for the same clips.

    Parameters
    ----------
    path : path
        Checked by :func:`check_gif`.
    clips : sequence of PageClip
        At least one.
    """
    from PIL import Image

    if not clips:
        raise ValueError("clips must hold at least one clip, but are empty")
    pictures, times = [], []
    for clip in clips:
        every = max(1, round(clip.rate / _RATE))
        drawn = _draw(clip, range(0, clip.places.shape[1], every))
        pictures += drawn
        times += [max(20, 10 * round(100 * every / clip.rate))] * len(drawn)
        times[-1] = max(times[-1], 600)
    # One palette of all, so that colours do not flicker: from a picture of some of them side by side.
    some = pictures[::max(1, len(pictures) // 8)]
    together = Image.fromarray(np.concatenate([np.asarray(picture) for picture in some]))
    palette = together.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT)
    frames = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    held = BytesIO()
    frames[0].save(held, format="GIF", save_all=True, append_images=frames[1:], duration=times, loop=0, optimize=False,
                   disposal=1)
    write_file(path, held.getvalue())


def _draw(clip: PageClip, frames: Sequence[int]) -> list:
    """A picture of each of ``frames``."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

    figure = Figure(figsize=(6.4 if clip.answer else 3.6, 3.6), dpi=_DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    scene = figure.add_axes((0.0, 0.0, 0.5 if clip.answer else 1.0, 0.92))
    scene.set_axis_off()
    places, sides, bones = _flat(clip), clip.sides, clip.skeleton.bones if clip.skeleton else ()
    there = places[~clip.absent]
    low, high = (there.min(axis=(0, 1)), there.max(axis=(0, 1))) if there.size else (np.zeros(2), np.ones(2))
    half = 0.56 * max(float((high - low).max()), 1e-9)
    middle = (low + high) / 2
    scene.set_xlim(middle[0] - half, middle[0] + half)
    scene.set_ylim(middle[1] - half, middle[1] + half)
    scene.set_aspect("equal")
    if clip.answer:
        _write_answer(figure, clip.answer)
    else:
        figure.text(0.5, 0.94, clip.name, ha="center", va="center", fontsize=9)
    lines = [[scene.plot([], [], color=_INKS[sides[bone[0]]], linewidth=3, solid_capstyle="round")[0] for bone in bones]
             for _ in places]
    dots = [scene.scatter(np.zeros(len(sides)), np.zeros(len(sides)), s=18, linewidths=1.2, zorder=3)
            for _ in places]
    pictures = []
    for frame in frames:
        for person, body in enumerate(places[:, frame]):
            shown = not clip.absent[person, frame]
            guess = np.zeros(len(body), bool) if clip.filled is None else clip.filled[person, frame]
            for line, (a, b) in zip(lines[person], bones):
                line.set_data(body[[a, b], 0], body[[a, b], 1])
                line.set_linestyle(":" if guess[a] or guess[b] else "-")
                line.set_visible(shown)
            dots[person].set_offsets(body)
            dots[person].set_edgecolor([_INKS[side] for side in sides])
            dots[person].set_facecolor(["white" if gap else _INKS[side] for gap, side in zip(guess, sides)])
            dots[person].set_visible(shown)
        canvas.draw()
        pictures.append(Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy()))
    return pictures


def _flat(clip: PageClip) -> np.ndarray:
    """Joints as they are seen, y upwards; (M, T, V, 2)."""
    if clip.places.shape[3] == 2:
        return clip.places * (1, -1)
    x, y, z = np.moveaxis(clip.places, 3, 0)
    side, deep = x * np.cos(_YAW) + z * np.sin(_YAW), z * np.cos(_YAW) - x * np.sin(_YAW)
    return np.stack([side, y * np.cos(_PITCH) + deep * np.sin(_PITCH)], axis=3)


def _write_answer(figure, answer: Answer):
    """Class, truth and the best probabilities, at the right."""
    figure.text(0.53, 0.88, answer.label, fontsize=15, fontweight="bold", va="center")
    figure.text(0.53, 0.79, answer.source if answer.truth is None else f"recorded as: {answer.truth}", fontsize=8.5,
                color=_QUIET if answer.truth is None else "#1d7d3f" if answer.truth == answer.label else "#b3261e",
                va="center")
    bars = figure.add_axes((0.53, 0.2, 0.43, 0.52))
    best = answer.scores[:_SCORES]
    for row, (name, probability, _) in enumerate(best):
        bars.barh(row, 1, height=0.22, color=_TRACK)
        bars.barh(row, probability, height=0.22, color=_BAR)
        bars.text(0, row - 0.35, name, fontsize=8.5, va="center", fontweight="bold" if row == 0 else "normal")
        bars.text(1, row - 0.35, f"{100 * probability:.0f} %", fontsize=8.5, va="center", ha="right")
    bars.set_xlim(0, 1)
    bars.set_ylim(_SCORES - 0.6, -0.7)
    bars.set_axis_off()
    figure.text(0.53, 0.09, answer.timing, fontsize=8.5, color=_QUIET, va="center", wrap=True)
