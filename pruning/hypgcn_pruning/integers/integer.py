"""The integer contract of ``docs/numbers.md`` in torch, for many clips at once: an implementation of its own, for
checking.

Sums of products run as float64 matrix products, which are exact here: a design's accumulators have at most 27 bits, far
below 2^53. Everything behind an accumulator is int64. """

import numpy as np
import torch
import torch.nn.functional as F

from hypgcn.design import BANK, MINI_BANK, MINI_BANKS, Block, Design, bank_count

__all__ = ["clips_at_a_time", "entries_per_mini_bank", "predict_integer", "run_integer", "vectors_of", "window_sums"]

FRAMES = 1280
"""Frames of all persons and clips in a batch: all tensors of the network, as int64, are in memory."""


def _tensor(array: np.ndarray, dtype=torch.int64) -> torch.Tensor:
    return torch.from_numpy(array.astype(np.int64)).to(dtype)


def _product(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Exact ``x @ weight`` of integer-valued float64 tensors."""
    return x @ weight


def round_shift(a: torch.Tensor, shift: int) -> torch.Tensor:
    """``(a + 2^(shift-1)) >> shift``: round half up."""
    return (a + (1 << (shift - 1))) >> shift


def thr(a: torch.Tensor, theta: int) -> torch.Tensor:
    """Values of magnitude at most ``theta`` become 0."""
    return a * (a.abs() > theta)


def vectors_of(rows: torch.Tensor) -> torch.Tensor:
    """The vectors of each row, zero beyond the last channel.

    Parameters
    ----------
    rows : torch.Tensor (N, T, V, C)
        Rows before or behind a store.

    Returns
    -------
    torch.Tensor (N * T, V * banks, BANK)
    """
    n, frames, joints, channels = rows.shape
    return F.pad(rows, (0, bank_count(channels) * BANK - channels)).view(n * frames, -1, BANK)


def entries_per_mini_bank(nonzero: torch.Tensor) -> torch.Tensor:
    """Entries that each row needs in each mini-bank: for mini-bank j its vectors with more than ``4 j`` non-zeros.

    Parameters
    ----------
    nonzero : torch.Tensor bool (rows, vectors, BANK)
        Where the vectors of each row are not zero.

    Returns
    -------
    torch.Tensor int64 (rows, MINI_BANKS)
    """
    counts = nonzero.sum(-1)
    return torch.stack([(counts > MINI_BANK * j).sum(1) for j in range(MINI_BANKS)], 1)


def window_sums(entries: torch.Tensor, window: int) -> torch.Tensor:
    """Entries of each row and of the ``window - 1`` rows before it.

    Parameters
    ----------
    entries : torch.Tensor int64 (N, T, MINI_BANKS)
        Entries of each row of N sequences.
    window : int
        Rows of a window.

    Returns
    -------
    torch.Tensor int64 (N, T, MINI_BANKS)
    """
    padded = F.pad(entries, (0, 0, window - 1, 0))
    return padded.unfold(1, window, 1).sum(-1)


def store(rows: torch.Tensor, depths: tuple[int, ...], window: int) -> tuple[torch.Tensor, torch.Tensor]:
    """What a row store returns, and the truncated vectors of each row.

    Parameters
    ----------
    rows : torch.Tensor (N, T, V, C)
        N sequences.
    depths : tuple of int
        Entries of each mini-bank that ``window`` rows in sequence may take.
    window : int
        Rows of a window.

    Returns
    -------
    tuple of torch.Tensor
        The rows, and int64 (N, T).
    """
    n, frames, joints, channels = rows.shape
    vectors = vectors_of(rows)
    nonzero = vectors != 0
    deep = torch.tensor(depths)
    entries = entries_per_mini_bank(nonzero).view(n, frames, MINI_BANKS)
    lost = torch.zeros(n, frames, dtype=torch.int64)
    limit = torch.full((n, frames, vectors.shape[1]), BANK)
    crowded = torch.nonzero((window_sums(entries, window) > deep).any(-1).any(-1))[:, 0]
    if len(crowded):
        need = ((nonzero.sum(-1) + MINI_BANK - 1) // MINI_BANK).view(n, frames, -1)
        places = torch.arange(MINI_BANKS)
        taken = entries[crowded]
        for frame in range(frames):
            left = deep - taken[:, max(0, frame - window + 1):frame].sum(1)
            tight = torch.nonzero((taken[:, frame] > left).any(1))[:, 0]
            if not len(tight):
                continue
            used = torch.zeros(len(tight), MINI_BANKS, dtype=torch.int64)
            for vector in range(vectors.shape[1]):
                requested = places < need[crowded[tight], frame, vector, None]
                blocked = requested & (used >= left[tight])
                stop = torch.where(blocked.any(1), blocked.int().argmax(1), MINI_BANKS)
                used += requested & (places < stop[:, None])
                limit[crowded[tight], frame, vector] = torch.where(stop < MINI_BANKS, stop * MINI_BANK, BANK)
                lost[crowded[tight], frame] += stop < MINI_BANKS
            taken[tight, frame] = used
    kept = vectors * (nonzero.cumsum(-1) <= limit.view(n * frames, -1, 1))
    return kept.view(n, frames, joints, -1)[..., :channels], lost


def _block(block: Block, pad: int, x: torch.Tensor, threshold_raise: int) -> dict[str, torch.Tensor]:
    """``z``, ``a``, ``h``, ``h_stored``, ``h_lost``, ``b``, ``y`` of one block on the stored ``x`` (N, T, V, C)."""
    real = torch.float64
    n, frames, joints, _ = x.shape
    kept = torch.from_numpy(np.flatnonzero(block.kept))
    xf = x.to(real)
    graph = _tensor(block.graph, real)
    rows = xf[..., kept].transpose(2, 3)
    z = [thr(round_shift(_product(rows, g).long(), block.graph_shift).clamp(-128, 127), block.threshold_z)
         .transpose(2, 3) for g in graph]
    spatial = _tensor(block.spatial, real)
    a = sum(_product(z[k].to(real), spatial[:, k, kept].T) for k in range(len(z)))
    if block.down is not None:
        a = a + _product(xf, _tensor(block.down, real).T)
    total = a.long() * _tensor(block.h_mult) + _tensor(block.h_bias)
    if block.shortcut_h == "identity":
        total[..., :x.shape[-1]] += (x * block.h_res_mult) << block.h_res_shift
    h = thr(round_shift(total, block.h_shift).clamp(0, 127), min(127, block.threshold_h + threshold_raise))
    h_stored, lost = store(h, block.h_depths, block.h_window)

    out_frames = -(-frames // block.stride)
    hf = h_stored.to(real)
    temporal = _tensor(block.temporal, real)
    b = torch.zeros(n, out_frames, joints, block.out_channels, dtype=real)
    for tap in range(temporal.shape[1]):
        weight = temporal[:, tap].T
        if not weight.any():
            continue
        row = torch.arange(out_frames) * block.stride + tap - pad
        inside = torch.nonzero((row >= 0) & (row < frames))[:, 0]
        if len(inside):
            b[:, inside] += _product(hf[:, row[inside]], weight)
    xs = x[:, ::block.stride]
    if block.res is not None:
        b = b + _product(xs.to(real), _tensor(block.res, real).T)
    total = b.long() * _tensor(block.y_mult) + _tensor(block.y_bias)
    if block.shortcut_y == "identity":
        total[..., :x.shape[-1]] += (xs * block.y_res_mult) << block.y_res_shift
    y = thr(round_shift(total, block.y_shift).clamp(0, 127), min(127, block.threshold_y + threshold_raise))
    full_z = torch.zeros(n, len(z), frames, joints, block.in_channels, dtype=torch.int64)
    full_z[..., kept] = torch.stack(z, 1)
    return {"z": full_z, "a": a.long(), "h": h, "h_stored": h_stored, "h_lost": lost, "b": b.long(), "y": y}


def run_integer(design: Design, clips, threshold_raise: int = 0) -> dict[str, torch.Tensor]:
    """All tensors of int8 ``clips`` (N, M, T, V, C), int64, the last index is the channel.

    ``logits`` (N, classes); ``overflow`` (N,), the truncated vectors of each clip; and with a row for every (clip,
    person): ``x1``, and for block b from 0 ``blocks.b.NAME`` with the names ``x_stored``, ``x_lost``, ``z`` (N * M, K,
    T, V, C), ``a``, ``h``, ``h_stored``, ``h_lost``, ``b``, ``y``. """
    clips = torch.as_tensor(np.asarray(clips))
    shape = (design.persons, design.frames, design.joints, design.channels)
    if clips.dim() != 5 or tuple(clips.shape[1:]) != shape or clips.dtype != torch.int8:
        raise ValueError(f"clips must be int8 of shape (clips, {', '.join(map(str, shape))}), not {clips.dtype} of "
                         f"{tuple(clips.shape)}")
    if not 0 <= threshold_raise <= 127:
        raise ValueError(f"threshold_raise must be in 0..127, not {threshold_raise!r}")
    count = len(clips)
    mult, bias = (_tensor(t).transpose(1, 2)[:, None] for t in (design.input_mult, design.input_bias))
    x = round_shift(clips.long() * mult + bias, design.input_shift).clamp(-128, 127)
    x = thr(x, design.input_threshold).flatten(0, 1)
    tensors = {"x1": x}
    overflow = torch.zeros(count * design.persons, dtype=torch.int64)
    for index, block in enumerate(design.blocks):
        stored, lost = store(x, block.x_depths, block.x_window)
        made = {"x_stored": stored, "x_lost": lost, **_block(block, design.pad, stored, threshold_raise)}
        overflow += lost.sum(1) + made["h_lost"].sum(1)
        tensors.update({f"blocks.{index}.{name}": tensor for name, tensor in made.items()})
        x = made["y"]
    pooled = x.view(count, -1, x.shape[-1]).sum(1)
    tensors["logits"] = pooled @ _tensor(design.head).T + _tensor(design.head_bias)
    tensors["overflow"] = overflow.view(count, design.persons).sum(1)
    return tensors


def clips_at_a_time(design: Design) -> int:
    """Batch size of :func:`run_integer` in clips, at least 1."""
    return max(1, FRAMES // (design.persons * design.frames))


def predict_integer(design: Design, clips, size: int | None = None,
                    threshold_raise: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """``logits`` and ``overflow`` of many int8 clips, in batches of ``size`` (default: :func:`clips_at_a_time`)."""
    size = size or clips_at_a_time(design)
    batches = [run_integer(design, clips[i:i + size], threshold_raise) for i in range(0, len(clips), size)]
    return torch.cat([b["logits"] for b in batches]), torch.cat([b["overflow"] for b in batches])
