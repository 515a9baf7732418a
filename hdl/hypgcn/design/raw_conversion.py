"""A design for prepared int8 clips becomes one for raw int16 joints: same weights, the preparation as hardware."""

import math
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from .checks import check_choice, check_limit
from .clip import Preparation
from .filling import PATIENCE
from .limits import BIAS, INPUT_MULT, PATIENCE_FRAMES, RAW_MISSING, RAW_UNITS, SHIFT
from .network import Design
from .raw_input import RawInput

__all__ = ["RawSettings", "host_preparation", "raw_input_of", "whole_preparation", "with_raw_input"]

_STEPS = {"mm": 0.001, "1/8 pixel": 0.125}
"""Size of a unit in recordings in metres, or in pixels."""
_FINEST, _COARSEST = 1 / 8, 128
"""Steps of the unit for one of int8 that are taken: with fewer the unit is much coarser than the network, with more a
body of the calibration clips does not fit int16 wherever it stands."""


@dataclass(frozen=True, kw_only=True)
class RawSettings:
    """What a raw input leaves open.

    Parameters
    ----------
    unit : str or None
        ``"mm"`` or ``"1/8 pixel"``; ``None``: mm for three coordinates of a joint, 1/8 pixel for two.
    step : float or None
        Size of the unit in the coordinates of the recordings; ``None``: 0.001 for mm, as for metres, and 0.125 for 1/8
        pixel.
    missing : ``"hold"`` or ``"zero"``
        See :class:`~.raw_input.RawInput`.
    patience : int or None
        See :class:`~.raw_input.RawInput`; ``None``: 30 with ``"hold"``, 0 with ``"zero"``.
    """

    unit: str | None = None
    step: float | None = None
    missing: str = "hold"
    patience: int | None = None

    def __post_init__(self):
        if self.unit is not None:
            check_choice("unit", self.unit, RAW_UNITS)
        check_choice("missing", self.missing, RAW_MISSING)
        if self.step is not None and not 0 < self.step < math.inf:
            raise ValueError(f"step must be a positive number, not {self.step!r}")
        if self.patience is not None:
            check_limit("patience", self.patience, PATIENCE_FRAMES)


def host_preparation(preparation: Preparation) -> Preparation:
    """What of ``preparation`` stays with the host for raw input: the choice of frames."""
    return replace(preparation, centre=None, centring="every", scale="none", parents=(), motion=False)


def whole_preparation(design: Design) -> Preparation:
    """How clips reach the first layer of ``design``: by the host, and behind that by its raw input.

    Raises
    ------
    ValueError
        The meta of ``design`` lacks its preparation.
    """
    if "preparation" not in design.meta:
        raise ValueError(f"design {design.name} does not hold how clips are prepared: its meta must have preparation")
    preparation, raw = Preparation.from_dict(design.meta["preparation"]), design.raw
    return preparation if raw is None else replace(
        preparation, centre=raw.centre, centring=raw.centring, parents=raw.parents, motion=raw.motion)


def raw_input_of(preparation: Preparation, channels: int, settings: RawSettings) -> RawInput:
    """Raw input that does what ``preparation`` does behind resampling.

    Raises
    ------
    ValueError
        ``preparation`` has a step that needs the whole clip, or the frames do not say where a repetition ends.
    """
    if preparation.scale != "none":
        raise ValueError(f"scale must be 'none' for raw input, not {preparation.scale!r}: its factors are the smallest "
                         f"and the largest coordinate of the whole clip, which is known when its last frame has come; "
                         f"train with hypgcn train --scale none")
    if preparation.motion and 0 < preparation.period < preparation.frames:
        raise ValueError(f"period must be 0 for raw input with motion, not {preparation.period}: the last frame of "
                         f"each repetition has the motion zero, and the hardware does not know where one ends")
    unit = settings.unit or {2: "1/8 pixel", 3: "mm"}.get(channels)
    if unit is None:
        raise ValueError(f"unit must be given for joints of {channels} coordinates: one of "
                         f"{', '.join(map(repr, RAW_UNITS))}")
    patience = settings.patience if settings.patience is not None else PATIENCE if settings.missing == "hold" else 0
    return RawInput(unit=unit, centre=None if preparation.parents else preparation.centre,
                    centring=preparation.centring, parents=preparation.parents, motion=preparation.motion,
                    missing=settings.missing, patience=patience)


def with_raw_input(design: Design, settings: RawSettings | None = None) -> Design:
    """``design``, which takes prepared int8 clips, for raw joints.

    Weights and scales stay; the input affine takes the wider coordinates in their unit, without a rounding to int8
    between.

    Parameters
    ----------
    design : Design
        With its preparation in ``meta``.
    settings : RawSettings or None

    Returns
    -------
    Design
        Its ``meta["preparation"]`` is what is left to the host (:func:`host_preparation`); an accuracy in
        ``meta["test"]`` is said to be that of int8 clips.

    Raises
    ------
    ValueError
        It takes raw joints already, its preparation is not known or needs the whole clip, or the unit does not fit
        its coordinates.
    """
    settings = settings or RawSettings()
    if design.raw is not None:
        raise ValueError(f"design {design.name} must take int8 clips to be given a raw input, but takes raw joints "
                         f"already, in {design.raw.unit}")
    preparation = whole_preparation(design)
    try:
        raw = raw_input_of(preparation, design.channels, settings)
    except ValueError as error:
        raise ValueError(f"design {design.name}: {error}") from error
    step = settings.step or _STEPS[raw.unit]
    if not _FINEST <= design.input_scale / step <= _COARSEST:
        raise ValueError(f"step must be in {design.input_scale / _COARSEST:.3g}..{design.input_scale / _FINEST:.3g} "
                         f"for design {design.name}, whose int8 steps are {design.input_scale:.3g} in the coordinates "
                         f"of its recordings, not {step:g}, which {raw.unit} is; say what {raw.unit} is in them")
    mult, bias, shift = _rescaled(design, Fraction(step) / Fraction(design.input_scale))
    meta = {**design.meta, "preparation": host_preparation(preparation).to_dict()}
    if isinstance(test := meta.get("test"), dict):
        meta["test"] = {**test, "input": "int8"}
    return replace(design, raw=raw, input_scale=step, input_mult=mult, input_bias=bias, input_shift=shift, meta=meta)


def _rescaled(design: Design, ratio: Fraction) -> tuple[np.ndarray, np.ndarray, int]:
    """``input_mult``, ``input_bias`` and ``input_shift`` for coordinates whose steps are ``ratio`` times as large.

    The shift is the largest at which all fit; nothing is rounded but each multiplier, once.
    """
    largest = int(np.abs(design.input_mult.astype(np.int64)).max())
    largest_bias = int(np.abs(design.input_bias).max())

    def scaled(more: int) -> Fraction:
        return ratio * Fraction(2) ** more

    more = SHIFT.high - design.input_shift
    while more > SHIFT.low - design.input_shift and (
            round(largest * scaled(more)) > INPUT_MULT.high or round(largest_bias * Fraction(2) ** more) > BIAS.high):
        more -= 1
    factor = scaled(more)
    mult = np.array([round(int(value) * factor) for value in design.input_mult.ravel()], np.int32)
    bias = np.array([round(int(value) * Fraction(2) ** more) for value in design.input_bias.ravel()], np.int64)
    return mult.reshape(design.input_mult.shape), bias.reshape(design.input_bias.shape), design.input_shift + more
