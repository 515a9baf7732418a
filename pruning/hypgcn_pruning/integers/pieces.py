"""Calibration clips a few at a time, so that the memory of calibration does not grow with them.

A tensor of all clips is put together from those of the pieces only at the places that are looked at.
"""

from collections.abc import Iterator

import torch

from .fold_bn import Folded

__all__ = ["FRAMES", "Places", "clip_pieces", "tensor_pieces"]

FRAMES = 4096
"""Frames of all persons in a piece: one tensor of a network of 64 channels and 25 joints takes 52 MB as float64."""


def clip_pieces(clips: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Split prepared ``clips`` (N, M, T, V, C) into pieces of at most :data:`FRAMES` frames, at least one clip each."""
    return clips.split(max(1, FRAMES // (clips.shape[1] * clips.shape[2])))


def tensor_pieces(folded: Folded, clips: torch.Tensor) -> Iterator[tuple[str, int, torch.Tensor]]:
    """All tensors of ``folded`` over ``clips``, piece by piece.

    Yields
    ------
    name : str
        As of :meth:`~.fold_bn.Folded.tensors`.
    first : int
        Number of the piece's first clip.
    values : torch.Tensor
        Of the piece's clips; the first index is that of clip and person.
    """
    first = 0
    for piece in clip_pieces(clips):
        for name, tensor in folded.tensors(piece):
            yield name, first, tensor
        first += len(piece)


class Places:
    """Values of a tensor at given places, from pieces that come in any order.

    Parameters
    ----------
    places : torch.Tensor int64 (P,)
        Of the flattened tensor of all clips.
    """

    def __init__(self, places: torch.Tensor):
        self.places = places
        self.values = torch.empty(0)

    def add(self, start: int, values: torch.Tensor):
        """Take what is wanted of ``values``, one flattened piece, whose first value has the place ``start``."""
        if not len(self.values):
            self.values = values.new_zeros(len(self.places))
        inside = (self.places >= start) & (self.places < start + len(values))
        self.values[inside] = values[self.places[inside] - start]
