"""Labels of recordings and classes of a network meet by name."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hypgcn.design.class_names import class_order

from ..messages import say
from .class_subset import number_names
from .data import Clips

__all__ = ["match_classes"]


def match_classes(clips: Clips, names: Sequence[str], classes: int, *, where: str, what: str) -> Clips:
    """``clips`` with the labels, the class names and the number of classes of a network.

    Where both have names, labels are mapped by name, and a note says so where the numbers differ. Recordings may lack
    classes of the network.

    Parameters
    ----------
    clips : Clips
    names : sequence of str
        Of the network's classes, or empty.
    classes : int
        Of the network.
    where : str
        Name of the recordings in messages.
    what : str
        The network there, such as ``network``.

    Raises
    ------
    ValueError
        The recordings have a class that the network does not know, or more classes.
    """
    unnamed = bool(clips.chosen) and clips.class_names == number_names(clips.chosen)
    if clips.chosen and (not names or unnamed and not set(clips.class_names) <= set(names)):
        if max(clips.chosen) >= classes:
            raise ValueError(f"{where}: chosen classes must be below the {what}'s {classes} classes, not "
                             f"{max(clips.chosen)}")
        say(f"class names cannot be compared, because {where if names else 'the ' + what} has none: numbers of chosen "
            f"classes count as those of the {what}")
        return replace(clips, label=np.array(clips.chosen)[clips.label], classes=classes, class_names=tuple(names))
    if names and clips.class_names:
        try:
            order = np.array(class_order(names, clips.class_names, f"the {what}"))
        except ValueError as error:
            if not set(names) < set(clips.class_names):
                raise
            raise ValueError(f"{error}; --classes reads the clips of these alone") from None
        if (order != np.arange(len(order))).any():
            say(f"{where}: its classes have other numbers than those of the {what}, and are mapped by name")
        elif len(order) < len(names):
            say(f"{where}: has {len(order)} of the {what}'s {len(names)} classes")
        return replace(clips, label=order[clips.label], classes=classes, class_names=tuple(names),
                       chosen=tuple(order.tolist()) if clips.chosen else ())
    if clips.classes > classes:
        raise ValueError(f"{where} must have at most the {what}'s {classes} classes, not {clips.classes}")
    if names or clips.class_names:
        say(f"class names cannot be compared, because {where if names else 'the ' + what} has none: labels count as "
            f"numbers of the {what}'s classes")
    own = clips.class_names if len(clips.class_names) == classes else ()
    return replace(clips, classes=classes, class_names=tuple(names) or own)
