"""Golden twin of ``hypgcn.raw_input.frames``: missing joints, centring, bones."""

import numpy as np

from ...design.raw_input import MARKER

__all__ = ["raw_frames"]


def raw_frames(clip, raw):
    """Values int64 (M, T, V, C) of a raw clip int16 (M, T, V, C), frame by frame as ``docs/numbers.md`` has them."""
    clip = np.asarray(clip, np.int64)
    values = np.zeros_like(clip)
    origins, found = np.zeros((clip.shape[1], clip.shape[3]), np.int64), np.zeros(clip.shape[1], bool)
    first, earlier = np.zeros(clip.shape[3], np.int64), False   # of centring on the first frame
    for person, frames in enumerate(clip):
        body = _Person(frames.shape[1:], raw)
        earlier = earlier or bool(found.any())
        for time, frame in enumerate(frames):
            body.take(frame)
            if raw.centring == "first":
                if time == 0 and not earlier:
                    first = body.origin()
                origins[time] = first
            elif body.there and not found[time]:
                origins[time] = body.origin()
            found[time] |= body.there
            if body.there:
                values[person, time] = body.values(origins[time])
    return values


class _Person:
    """Places of one person's joints (V, C) in the present frame."""

    def __init__(self, shape, raw):
        self.raw = raw
        self.place, self.known = np.zeros(shape, np.int64), np.zeros(shape[0], bool)
        self.centre, self.centre_known = np.zeros(shape[1], np.int64), False
        self.unseen = raw.patience + 1      # more than that is absent

    @property
    def there(self):
        return self.unseen <= self.raw.patience

    def take(self, frame):
        """The next frame (V, C)."""
        if not self.there:      # what was known of it is forgotten
            self.known[:], self.centre_known = False, False
        here = frame[:, 0] != MARKER
        if (here & frame.any(axis=1)).any():
            self.unseen = 0
        elif here.all():
            self.unseen = self.raw.patience + 1
        else:
            self.unseen = min(self.unseen + 1, self.raw.patience + 1)
        self.place = np.where(here[:, None], frame, self.place)
        self.known = here | self.known if self.raw.missing == "hold" else here
        if self.raw.centre is not None and here[self.raw.centre]:
            self.centre, self.centre_known = frame[self.raw.centre], True

    def origin(self):
        """What is subtracted for centring: the last place of the centre, or that of the lowest joint that is known."""
        if not self.there or self.raw.centre is None:
            return np.zeros(self.place.shape[1], np.int64)
        return self.centre if self.centre_known else self.place[self.known.argmax()]

    def values(self, origin):
        """Prepared values (V, C) of a person who is there."""
        known, other = self.known, origin
        if self.raw.parents:
            parents = list(self.raw.parents)
            known, other = self.known & self.known[parents], self.place[parents]
        return np.where(known[:, None], self.place - other, 0)
