"""What a run read, by content: hashes of recordings, independent of file names and of padding."""

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np

__all__ = ["digest", "clip_digests", "recordings_digests"]


def digest(parts: Iterable[bytes]) -> str:
    """Hash of ``parts``, one after the other, as ``sha256:`` and 64 hexadecimal digits."""
    found = hashlib.sha256()
    for part in parts:
        found.update(part)
    return f"sha256:{found.hexdigest()}"


def clip_digests(clips: Iterable[np.ndarray]) -> tuple[bytes, ...]:
    """Hash of each of ``clips``, its shape included."""
    return tuple(hashlib.sha256(repr(clip.shape).encode() + np.ascontiguousarray(clip, "<f4").tobytes()).digest()
                 for clip in clips)


def recordings_digests(clips: Sequence[bytes], label: np.ndarray, split: np.ndarray, class_names: Sequence[str],
                       scored: bool, scores: Sequence[bytes] = ()) -> dict:
    """Plain data by which the recordings of two runs are compared, part by part.

    Parameters
    ----------
    clips : sequence of bytes
        Hash of each clip.
    label, split : np.ndarray int (N,)
    class_names : sequence of str
        Or empty.
    scored : bool
        Whether the last channel is a confidence.
    scores : sequence of bytes
        Hash of the confidences of each clip, where they are beside the coordinates: they say which joints are missing.
    """
    beside = {"scores": digest(scores)} if scores else {}
    return {"recordings": digest([b"scored" if scored else b"", *clips]), "clips": len(clips),
            "labels": digest([label.astype("<i8").tobytes()]), "class names": list(class_names),
            "split": digest([split.astype("<i8").tobytes()]), **beside}
