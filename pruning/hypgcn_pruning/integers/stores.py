"""Row stores of the integer contract in torch: what they return, and how many entries rows need."""

import torch
import torch.nn.functional as F

from hypgcn.design import BANK, MINI_BANK, MINI_BANKS, bank_count

__all__ = ["entries_per_mini_bank", "store", "vectors_of", "window_sums"]


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
    counts = nonzero.view(torch.uint8).sum(-1, dtype=torch.uint8)
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
    lost = torch.zeros(n, frames, dtype=torch.int64)
    if min(depths) >= window * joints * bank_count(channels):
        return rows, lost  # an entry for every vector there is
    vectors = vectors_of(rows)
    nonzero = vectors != 0
    deep = torch.tensor(depths)
    entries = entries_per_mini_bank(nonzero).view(n, frames, MINI_BANKS)
    crowded = torch.nonzero((window_sums(entries, window) > deep).any(-1).any(-1))[:, 0]
    if not len(crowded):
        return rows, lost
    limit = torch.full((n, frames, vectors.shape[1]), BANK)
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
