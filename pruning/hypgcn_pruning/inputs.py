"""What the steps and the reports read: clips without missing joints that fit a network, and how they are prepared."""

from collections.abc import Mapping

from hypgcn.design import Design
from hypgcn.design.clip import Preparation
from hypgcn.design.skeleton import BUILT_IN, Skeleton, load_skeleton
from hypgcn.design.skeleton_maps import source_skeleton

from .network.model import Network
from .recordings.class_names import match_classes
from .recordings.data import Clips, map_to
from .recordings.missing import complete_clips
from .recordings.motion import MotionConfig, generate_motion
from .recordings.persons import choose_persons
from .recordings.readers import Source, read_clips

__all__ = ["design_clips", "network_clips", "open_clips", "preparation_in"]


def open_clips(data: str | Source, skeleton: str | None, motion: MotionConfig | None = None) -> tuple[Clips, Skeleton]:
    """Clips and their skeleton.

    Parameters
    ----------
    data : str or Source
        A file or folder, or ``motion`` for generated clips.
    skeleton : str or None
        A built-in name or a file with bones; recordings of other built-in skeletons are mapped where a map is known.
        ``None``: that of the recordings, where they name it, or the first with as many joints.
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
    clips = complete_clips(read_clips(data), load_skeleton(skeleton) if skeleton else None, data)
    if skeleton is None:
        own = source_skeleton(clips.joints, clips.joint_order)
        if own is None:
            raise ValueError(f"skeleton must be given: no built-in one has the {clips.joints} joints of {data}")
        return clips, own
    chosen = load_skeleton(skeleton)
    return map_to(clips, chosen, data), chosen


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
        clips = map_to(complete_clips(read_clips(data), shape.skeleton, data), shape.skeleton, data)
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
    entry = design.meta.get("skeleton")
    skeleton = Skeleton.from_dict(entry) if entry else None
    if data == "motion":
        if skeleton is None:
            raise ValueError(f"data must be recordings: design {design.name} does not name its skeleton")
        clips = generate_motion(skeleton, MotionConfig(classes=design.classes, persons=design.persons))
    else:
        clips = complete_clips(read_clips(data), skeleton, data)
        # A design of an earlier version does not say its skeleton: with 25 joints it is ntu25.
        if skeleton is not None or design.joints == 25:
            clips = map_to(clips, skeleton or BUILT_IN["ntu25"], data)
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
