"""Missing joints filled in a stream, frame by frame and without a look ahead."""

from collections.abc import Sequence

import numpy as np

from .filling import PATIENCE, stand_ins
from .missing import missing_joints, no_origins

__all__ = ["LiveFilling"]


class LiveFilling:
    """Holds the last place of each joint for the frames in which it is missing.

    What is missing is what :func:`~.missing.missing_joints` says, as in recorded clips; what cannot be known without
    the frames that follow differs: joints are held and not interpolated, and outliers stay. A joint that was not seen
    yet takes the place of the nearest one of the skeleton that is known, or of the mean of these. A person who is not
    seen is held for ``patience`` frames, and then absent (zero) until it is seen again, as before it is seen first.

    Parameters
    ----------
    persons, joints, channels : int
        1..; of a frame.
    parents : sequence of int
        Of the skeleton: for each joint the neighbour that is nearer to the centre; empty where unknown.
    origins : sequence of int
        Joints whose zero is a place, because the stream is centred on them in every frame.
    scored : bool
        The last channel is a confidence, at least 0. Filled joints have the score 0.
    patience : int
        0.., frames.

    Attributes
    ----------
    filled : int
        Joints times frames filled so far.

    Raises
    ------
    ValueError
        A parameter is out of its range, or ``parents`` has other joints.
    """

    def __init__(self, *, persons: int, joints: int, channels: int, parents: Sequence[int] = (),
                 origins: Sequence[int] = (), scored: bool = False, patience: int = PATIENCE):
        for name, value, lowest in (("persons", persons, 1), ("joints", joints, 1), ("channels", channels, 1),
                                    ("patience", patience, 0)):
            if isinstance(value, bool) or not isinstance(value, int) or value < lowest:
                raise ValueError(f"{name} must be an integer of at least {lowest}, not {value!r}")
        if len(parents) not in (0, joints):
            raise ValueError(f"parents must have one entry for each of the {joints} joints, not {len(parents)}")
        if any(not 0 <= joint < joints for joint in origins):
            raise ValueError(f"origins must be joints in 0..{joints - 1}, not {tuple(origins)!r}")
        self.shape = (persons, joints, channels)
        self.parents, self.scored, self.patience = tuple(parents), scored, patience
        self._origins = no_origins(persons, joints)
        self._origins.every[:, list(origins)] = True
        self._last = np.zeros(self.shape)
        self._known = np.zeros((persons, joints), bool)
        self._unseen = np.zeros(persons, np.int64)
        self.filled = 0

    def fill(self, frame) -> np.ndarray:
        """The next frame without missing joints.

        Parameters
        ----------
        frame : array (M, V, C)
            Finite.

        Returns
        -------
        np.ndarray float64 (M, V, C)

        Raises
        ------
        ValueError
            ``frame`` has another shape, or holds NaN or infinite values.
        """
        frame = np.array(frame, np.float64)
        if frame.shape != self.shape:
            raise ValueError(f"frame must have the shape (person, joint, channel) = {self.shape}, not {frame.shape}")
        if not np.isfinite(frame).all():
            raise ValueError("frame must hold finite numbers only, but has NaN or infinite coordinates")
        missing = missing_joints(frame[:, None], scored=self.scored, origins=self._origins)[:, 0]
        there = ~np.all(missing, axis=1)
        self._unseen = np.where(there, 0, self._unseen + 1)
        self._known &= (self._unseen <= self.patience)[:, None]
        self._last = np.where(missing[..., None], self._last, frame)
        self._known |= ~missing
        present = np.any(self._known, axis=1)
        gaps = missing & present[:, None]
        for person in np.flatnonzero(gaps.any(axis=1)).tolist():
            frame[person] = self._filled(person, frame[person], gaps[person])
        self.filled += int(gaps.sum())
        frame[~present] = 0
        return frame

    def _filled(self, person: int, body: np.ndarray, gaps: np.ndarray) -> np.ndarray:
        known, last, channels = self._known[person], self._last[person], self.shape[2] - self.scored
        nearest = stand_ins(known, self.parents)
        middle = last[known, :channels].mean(axis=0)
        for joint in np.flatnonzero(gaps):
            body[joint, :channels] = middle if nearest[joint] < 0 else last[nearest[joint], :channels]
        return body
