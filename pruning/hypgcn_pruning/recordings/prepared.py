"""Recorded clips that are prepared when they are read, so that those of a large data set are never all in memory."""

import numpy as np

from hypgcn.design.clip import Preparation

from .data import Clips, prepared

__all__ = ["PreparedClips"]


class PreparedClips:
    """Clips as a network takes them, by slices.

    Parameters
    ----------
    clips : Clips
    preparation : Preparation
    persons : int
    """

    def __init__(self, clips: Clips, preparation: Preparation, persons: int):
        self.clips, self.preparation, self.persons = clips, preparation, persons

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, part: slice) -> np.ndarray:
        """Float32 (N, M, T, V, C) of the clips of ``part``."""
        return prepared(self.clips.take(np.arange(len(self))[part]), self.preparation, self.persons)
