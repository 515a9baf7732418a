"""A design for clips of another length or with more persons: only the mean of the head changes."""

from dataclasses import replace

import numpy as np

from hypgcn.design import Design
from hypgcn.design.clip import Preparation

__all__ = ["reshape_design"]


def reshape_design(design: Design, frames: int = 0, persons: int = 0) -> Design:
    """``design`` for clips of ``frames`` and ``persons`` (0: as they are); its logits, times ``logit_scale``, are means
    over the new places.

    Every person gets the input affine of the first one. Longer clips are the old ones repeated (``period`` of
    :class:`hypgcn.design.clip.Preparation`), so that movements keep their speed; shorter ones are resampled. The
    depths of the stores stay, and may no longer fit: compile the result.

    Raises
    ------
    ValueError
        Longer clips of a design that prepares motion: the hardware does not know where a repetition ends.
    """
    frames, persons = frames or design.frames, persons or design.persons
    if (frames, persons) == (design.frames, design.persons):
        return design

    if design.raw is not None and design.raw.motion and frames > design.frames:
        raise ValueError(f"frames must be at most {design.frames} for raw input with motion, not {frames}: longer "
                         f"clips are repetitions, and the hardware does not know where one ends")

    def spread(values: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(np.repeat(values[:1], persons, axis=0))

    reshaped = replace(design, frames=frames, persons=persons) if persons == design.persons else replace(
        design, frames=frames, persons=persons, input_mult=spread(design.input_mult),
        input_bias=spread(design.input_bias))
    last = len(design.blocks)
    scale = design.logit_scale * (design.persons * design.block_frames(last)) / (persons * reshaped.block_frames(last))
    meta = dict(design.meta)
    if "preparation" in meta:
        old = Preparation.from_dict(meta["preparation"])
        period = (old.period or old.frames) if frames > old.frames else 0
        meta["preparation"] = replace(old, frames=frames, period=period).to_dict()
    return replace(reshaped, logit_scale=scale, meta=meta,
                   head_bias=np.rint(design.head_bias * (design.logit_scale / scale)).astype(np.int64))
