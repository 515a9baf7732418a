"""What the steps and the reports read: recorded clips that fit a network or a design, and how they are prepared."""

from collections.abc import Mapping

from hypgcn.design import Design
from hypgcn.design.clip import Preparation

from .network.model import Network
from .recordings.class_names import match_classes
from .recordings.data import Clips, map_to_ntu25
from .recordings.motion import MotionConfig, generate_motion
from .recordings.persons import choose_persons
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


def network_clips(model: Network, info: Mapping, data: str | Source) -> Clips:
    """Clips of ``data`` with the joints, the persons and the classes of ``model``; generated ones move its own
    skeleton.

    Parameters
    ----------
    model : Network
    info : Mapping
        Of its checkpoint: ``class_names``, where known.
    data : str or Source
        Recordings, or ``motion``.

    Raises
    ------
    ValueError
        The recordings have other joints, or classes that ``model`` does not have.
    """
    shape = model.config
    if data == "motion":
        clips = generate_motion(shape.skeleton, MotionConfig(classes=shape.classes, persons=shape.persons))
    else:
        clips = read_clips(data)
        if clips.joints in NTU25_MAPS and shape.skeleton.name == "ntu25":
            clips = map_to_ntu25(clips)
    if clips.joints != shape.skeleton.joints:
        raise ValueError(f"{data} must have the network's {shape.skeleton.joints} joints, not {clips.joints}")
    clips = match_classes(clips, info.get("class_names", ()), shape.classes, where=str(data), what="network")
    return choose_persons(clips, shape.persons, data)


def design_clips(design: Design, data: str | Source) -> tuple[Clips, Preparation]:
    """Clips of ``data`` with the joints, the persons and the classes of ``design``, and how they are prepared for it.

    Raises
    ------
    ValueError
        The recordings have other joints, or classes that ``design`` does not have, or its meta lacks its preparation
        (or, for generated clips, its skeleton).
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
    preparation = preparation_in(design.meta, design.name)
    clips = match_classes(clips, design.class_names, design.classes, where=str(data), what="design")
    return choose_persons(clips, design.persons, data), preparation


def preparation_in(info: dict, where) -> Preparation:
    """How clips are prepared, from the ``info`` of a checkpoint or the ``meta`` of a design; ``where`` names the file
    in the :exc:`ValueError` when it is missing.
    """
    if "preparation" not in info:
        raise ValueError(f"{where} does not hold how clips are prepared: its info must have preparation, which train, "
                         f"prune and quantise write; make it again by them")
    return Preparation.from_dict(info["preparation"])
