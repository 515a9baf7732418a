"""Raw input of ``docs/numbers.md`` in torch, for whole batches: by the time at which each joint was seen last."""

import torch

from hypgcn.design.raw_input import RawInput

__all__ = ["prepare_raw"]

_NEVER = -1


def prepare_raw(clips: torch.Tensor, raw: RawInput) -> torch.Tensor:
    """Coordinates int64 (N, M, T, V, C) at the input affine.

    Parameters
    ----------
    clips : torch.Tensor int16 (N, M, T, V, C)
    raw : RawInput
    """
    clips = clips.long()
    times = torch.arange(clips.shape[2]).view(1, 1, -1, 1)
    here = clips[..., 0] != -32768
    moved = (here & (clips != 0).any(-1)).any(-1)
    there = _there(moved, here.all(-1) & ~moved, raw.patience)
    gone = _latest(~there[..., None], times)
    last = _latest(here, times)
    known = last > gone if raw.missing == "hold" else here
    places = _at(clips, last)
    if raw.parents:
        parents = list(raw.parents)
        values = places - places[:, :, :, parents]
        known = known & known[:, :, :, parents]
    else:
        values = places
        if raw.centre is not None:
            values = places - _origins(places, known, last > gone, there, raw)[:, None, :, None]
    values = torch.where((known & there[..., None])[..., None], values, 0)
    if raw.motion:
        values = torch.diff(values, dim=2, append=values[:, :, -1:])
    return values


def _there(moved: torch.Tensor, empty: torch.Tensor, patience: int) -> torch.Tensor:
    """Frames (N, M, T) in which a person is there: seen at most ``patience`` frames ago, and not empty since."""
    times = torch.arange(moved.shape[2])
    seen = _latest(moved, times)
    return (seen > _latest(empty, times)) & (times - seen <= patience)


def _latest(when: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
    """The latest time up to each, along dimension 2, at which ``when`` holds."""
    return torch.where(when, times, _NEVER).cummax(2).values


def _at(clips: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
    """``clips`` (N, M, T, V, C) of the ``times`` (N, M, T, V); anything where there is none."""
    return clips.gather(2, times.clamp_min(0)[..., None].expand_as(clips))


def _origins(places: torch.Tensor, known: torch.Tensor, remembered: torch.Tensor, there: torch.Tensor,
             raw: RawInput) -> torch.Tensor:
    """Origin (N, T, C) of every frame.

    It is that of the first person who is there in it, or, of the first person who is there at all, in the first frame.
    """
    lowest = known.long().argmax(3)
    joint = torch.where(remembered[..., raw.centre], raw.centre, lowest)
    own = places.gather(3, joint[..., None, None].expand(*joint.shape, 1, places.shape[-1]))[..., 0, :]
    own = torch.where(there[..., None], own, 0)
    if raw.centring == "first":
        person = there.any(2, keepdim=True).long().argmax(1, keepdim=True).expand(-1, 1, there.shape[2])
        own = own[:, :, :1].expand_as(own)
    else:
        person = there.long().argmax(1, keepdim=True)
    return own.gather(1, person[..., None].expand(-1, 1, -1, places.shape[-1]))[:, 0]
