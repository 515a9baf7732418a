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
    keep : int
        Bytes of all prepared clips up to which they are kept, so that further passes do not prepare them again.
    """

    def __init__(self, clips: Clips, preparation: Preparation, persons: int, *, keep: int = 0):
        self.clips, self.preparation, self.persons = clips, preparation, persons
        self.keep = keep
        self.whole: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, part: slice) -> np.ndarray:
        """Float32 (N, M, T, V, C) of the clips of ``part``."""
        if self.whole is None and self.keep:
            first = prepared(self.clips.take(np.arange(1)), self.preparation, self.persons)
            if first.nbytes * len(self) <= self.keep:
                self.whole = prepared(self.clips, self.preparation, self.persons)
            self.keep = 0
        if self.whole is not None:
            return self.whole[part]
        return prepared(self.clips.take(np.arange(len(self))[part]), self.preparation, self.persons)
