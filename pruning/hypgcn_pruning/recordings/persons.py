"""Whom a network for few persons gets of recordings with more: those who are there."""

import numpy as np

from hypgcn.design.persons import person_places

from ..messages import say
from .data import Clips
from .passes import passing

__all__ = ["choose_persons"]


def choose_persons(clips: Clips, persons: int, where="data") -> Clips:
    """``clips`` with at most ``persons`` persons, and a note where that changes or drops somebody.

    Parameters
    ----------
    clips : Clips
    persons : int
        Of the network.
    where : object
        Name of the recordings in notes.
    """
    recorded = clips.data.shape[4]
    if recorded <= persons:
        return clips
    every = passing((clips.clip(index) for index in range(len(clips))), len(clips), f"{where}: who is there")
    seen = np.stack([clip.any(axis=(2, 3)).sum(axis=1) for clip in every])
    places = np.stack([person_places(frames, persons) for frames in seen])
    moved = (places != np.arange(persons)).any(axis=1)
    dropped = (seen > 0).sum(axis=1) > persons
    if moved.any():
        say(f"{where}: in {moved.sum()} of {len(clips)} clips the first {'places are' if persons > 1 else 'place is'} "
            f"empty or nearly so, and {'those who are' if persons > 1 else 'the person who is'} there "
            f"{'are' if persons > 1 else 'is'} taken from a later place")
    if dropped.any():
        say(f"{where}: {dropped.sum()} of {len(clips)} clips have more than the network's {persons} "
            f"{'persons' if persons > 1 else 'person'}, and the others are left out; --persons {seen.shape[1]} in "
            f"training takes all")
    return clips.changed(lambda index, clip: clip[places[index]], persons=persons)
