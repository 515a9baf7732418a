"""What the steps and the reports read: recorded clips that fit a network or a design, and how they are prepared."""

from hypgcn.design import Design
from hypgcn.design.clip import Preparation

from .network.model import Network
from .recordings.data import Clips, map_to_ntu25
from .recordings.motion import MotionConfig, generate_motion
from .recordings.readers import Source, read_clips
from .recordings.skeleton import BUILT_IN, NTU25_MAPS, Skeleton, load_skeleton

__all__ = ["design_clips", "network_clips", "open_clips", "preparation_in"]


def open_clips(data: str | Source, skeleton: str | None, motion: MotionConfig | None = None) -> tuple[Clips, Skeleton]:
    """Clips and their skeleton.

    Parameters
    ----------
    data : str or Source
        A file or folder, or ``motion`` for generated clips.
    skeleton : str or None
        A built-in name or a file with bones; Kinect v1 and COCO recordings are mapped where it is ntu25. ``None``: the
        built-in one with as many joints as the recordings have.
    motion : MotionConfig or None
        Settings of generated clips.

    Raises
    ------
    ValueError
        No built-in skeleton has that many joints, or ``skeleton`` has another number.
    """
    if data == "motion":
        chosen = load_skeleton(skeleton or "ntu25")
        return generate_motion(chosen, motion or MotionConfig()), chosen
    clips = read_clips(data)
    if skeleton is None:
        fitting = [built_in for built_in in BUILT_IN.values() if built_in.joints == clips.joints]
        if not fitting:
            raise ValueError(f"skeleton must be given: no built-in one has the {clips.joints} joints of {data}")
        return clips, fitting[0]
    chosen = load_skeleton(skeleton)
    if chosen.name == "ntu25" and clips.joints in NTU25_MAPS:
        clips = map_to_ntu25(clips)
    if chosen.joints != clips.joints:
        raise ValueError(f"skeleton must have the {clips.joints} joints of {data}, not the {chosen.joints} of "
                         f"{chosen.name}")
    return clips, chosen


def network_clips(model: Network, data: str | Source) -> Clips:
    """Clips of ``data`` with the joints of ``model``; generated ones move its own skeleton.

    Raises
    ------
    ValueError
        The recordings have other joints, or more classes than ``model``.
    """
    if data == "motion":
        return generate_motion(model.config.skeleton,
                               MotionConfig(classes=model.config.classes, persons=model.config.persons))
    clips = read_clips(data)
    if clips.joints in NTU25_MAPS and model.config.skeleton.name == "ntu25":
        clips = map_to_ntu25(clips)
    if clips.joints != model.config.skeleton.joints:
        raise ValueError(f"{data} must have the network's {model.config.skeleton.joints} joints, not {clips.joints}")
    if clips.classes > model.config.classes:
        raise ValueError(f"{data} must have at most the network's {model.config.classes} classes, not {clips.classes}")
    return clips


def design_clips(design: Design, data: str | Source) -> tuple[Clips, Preparation]:
    """Clips of ``data`` with the joints of ``design``, and how they are prepared for it.

    Raises
    ------
    ValueError
        The recordings have other joints, or the design's meta lacks its preparation (or, for generated clips, its
        skeleton).
    """
    if data == "motion":
        entry = design.meta.get("skeleton")
        if not entry:
            raise ValueError(f"data must be recordings: design {design.name} does not name its skeleton")
        clips = generate_motion(Skeleton.from_dict(entry), MotionConfig(classes=design.classes, persons=design.persons))
    else:
        clips = read_clips(data)
        if clips.joints in NTU25_MAPS and design.joints == 25:
            clips = map_to_ntu25(clips)
    if clips.joints != design.joints:
        raise ValueError(f"{data} must have the design's {design.joints} joints, not {clips.joints}")
    return clips, preparation_in(design.meta, design.name)


def preparation_in(info: dict, where) -> Preparation:
    """How clips are prepared, from the ``info`` of a checkpoint or the ``meta`` of a design; ``where`` names the file
    in the :exc:`ValueError` when it is missing.
    """
    if "preparation" not in info:
        raise ValueError(f"{where} does not hold how clips are prepared: its info must have preparation")
    return Preparation.from_dict(info["preparation"])
