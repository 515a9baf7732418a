"""Clips of a demonstration: recorded ones, or a generated figure."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hypgcn.design import Design
from hypgcn.design.persons import match_persons
from hypgcn.design.skeleton import Skeleton
from hypgcn.design.skeleton_maps import joint_map, mapped
from hypgcn.pages.clip import known_skeleton
from hypgcn.pages.figure import ACTIONS, figure_clip
from hypgcn.testbench.clip_files import prepared, recorded_clips
from hypgcn.testbench.clips import generated_clip

__all__ = ["DemoClip", "demo_clips"]

_FIGURE = "kinect20"
_SEED = 1
"""Chooses recorded clips."""


@dataclass(frozen=True, kw_only=True, eq=False)
class DemoClip:
    """A clip, as it is shown and as the network gets it.

    Parameters
    ----------
    name : str
    places : np.ndarray float (M, T, V, C)
        Coordinates before preparation, C 2 or 3.
    clip : np.ndarray int8 (M, T, V, C)
        Of the design's shape.
    skeleton : Skeleton or None
    truth : str or None
        Class that was recorded, ``None`` where unknown.
    source : str
        What is said where it is unknown.
    """

    name: str
    places: np.ndarray
    clip: np.ndarray
    skeleton: Skeleton | None
    truth: str | None = None
    source: str = "class unknown"


def demo_clips(design: Design, count: int, recordings: Path | None) -> tuple[list[DemoClip], str]:
    """``count`` clips for ``design``, and what they are.

    Parameters
    ----------
    design : Design
    count : int
        At least 1.
    recordings : Path or None
        Recording whose test clips are taken, one of each class in turn; ``None`` for generated ones: a figure where the
        joints of the design can be had from its 20, or else joints that swing.

    Raises
    ------
    ValueError
        The recording does not fit the design, or has fewer clips.
    """
    if recordings is not None:
        return _recorded(design, count, recordings), f"recorded clips of {recordings.name}"
    entry = design.meta.get("skeleton")
    skeleton = Skeleton.from_dict(entry) if isinstance(entry, dict) else known_skeleton(design.joints)
    if skeleton is not None and design.channels == 3:
        try:
            return _figures(design, count, skeleton), "clips of a generated figure"
        except ValueError:
            pass  # no map to these joints
    return _swinging(design, count, skeleton), "clips of generated joints that swing"


def _recorded(design: Design, count: int, path: Path) -> list[DemoClip]:
    recorded = recorded_clips(path, design)
    if len(recorded) < count:
        raise ValueError(f"--clips must be at most {len(recorded)}, as many as {path} has for this, not {count}")
    name = (design.meta.get("skeleton") or {}).get("name")
    found = []
    for clip in _of_all_classes(recorded, count):
        body = match_persons(clip.clip, design.persons)
        truth = getattr(clip, "class_name", None)
        if truth is None and clip.label is not None and clip.label < len(design.class_names):
            truth = design.class_names[clip.label]
        source = "class unknown"
        if truth is not None and truth not in design.class_names:
            truth, source = None, f"recorded as {truth}, which is no class of this design by name"
        coordinates = min(3, body.shape[3] - getattr(clip, "scored", False))
        found.append(DemoClip(name=clip.name, places=np.asarray(body[..., :coordinates], np.float64),
                              clip=prepared(clip.clip, design, path), skeleton=known_skeleton(design.joints, name),
                              truth=truth, source=source))
    return found


def _of_all_classes(recorded: list, count: int) -> list:
    """``count`` clips, one of each label in turn, by a seeded choice; without labels the first ones."""
    groups: dict = {}
    for clip in recorded:
        groups.setdefault(clip.label, []).append(clip)
    if len(groups) == 1:
        return recorded[:count]
    rng = np.random.default_rng(_SEED)
    turned = [[group[place] for place in rng.permutation(len(group))] for _, group in sorted(groups.items())]
    chosen: list = []
    for place in range(max(map(len, turned))):
        chosen += [group[place] for group in turned if place < len(group)]
    return chosen[:count]


def _figures(design: Design, count: int, skeleton: Skeleton) -> list[DemoClip]:
    actions = [name for name in ACTIONS if name in design.class_names] or list(ACTIONS)
    found = []
    for number in range(count):
        action = actions[number % len(actions)]
        body = figure_clip(action, 48 + 8 * (number // len(actions)))
        if skeleton.name != _FIGURE:
            body = mapped(body, joint_map(_FIGURE, skeleton.name))
        body = match_persons(body, design.persons)
        found.append(DemoClip(name=f"figure {number + 1}: {action}", places=body,
                              clip=prepared(body, design, "generated figure"), skeleton=skeleton,
                              source=f"generated as: {action}"))
    return found


def _swinging(design: Design, count: int, skeleton: Skeleton | None) -> list[DemoClip]:
    found = []
    for number in range(count):
        clip = generated_clip(design, number)
        places = np.zeros((*clip.shape[:3], 2))
        places[..., :min(2, clip.shape[3])] = clip[..., :2]
        found.append(DemoClip(name=f"generated {number + 1}", places=places if clip.shape[3] < 3
                              else clip[..., :3].astype(np.float64), clip=clip, skeleton=skeleton,
                              source="generated: joints that swing, no action"))
    return found
