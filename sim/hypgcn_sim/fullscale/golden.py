"""Golden tensors of whole clips as words of the observation ports, in parallel, and kept by design and clip."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from hypgcn.design import BANK, MINI_BANKS, Design, split_banks
from hypgcn.design.files import replacing
from hypgcn.golden.rfc.store import row_usage
from hypgcn.processes import in_processes

__all__ = ["OBSERVE_WORDS", "expect", "golden_clips", "observe_words"]

FORMAT = "4"
OBSERVE_WORDS = 5
"""32-bit words of an observation port: valid, mask, values, overflow."""

_design: Design  # of a worker process


def observe_words(y: np.ndarray) -> np.ndarray:
    """Words of the observation port of a block for each vector of its output.

    The same bits as :func:`hypgcn_sim.stimuli.payload.pack` gives, for all vectors at once.

    Parameters
    ----------
    y : int8 (..., V, C)
        Output of the block.

    Returns
    -------
    uint32 (vectors, OBSERVE_WORDS)
        In stream order, without overflow.
    """
    dense = split_banks(np.asarray(y).astype(np.int8).view(np.uint8)).reshape(-1, BANK)
    full = dense != 0
    packed = np.take_along_axis(dense, np.argsort(~full, axis=1, kind="stable"), axis=1)
    plain = np.zeros((len(dense), 4 * OBSERVE_WORDS), np.uint8)
    plain[:, :2] = np.packbits(full, axis=1, bitorder="little")
    plain[:, 2:2 + BANK] = packed
    words = plain.view("<u4")
    shifted = words << np.uint32(1)
    shifted[:, 1:] |= words[:, :-1] >> np.uint32(31)
    shifted[:, 0] |= np.uint32(1)  # valid
    return shifted


def expect(design: Design, clip: np.ndarray) -> dict[str, np.ndarray]:
    """Expected beats and statistics of one clip.

    Parameters
    ----------
    design : Design
        The network.
    clip : int8 (M, T, V, C)
        The clip.

    Returns
    -------
    dict
        * logits : int64 (classes,)
        * overflow : bool
        * left_out : bool (persons,), persons that need not be computed
        * lost : int64 (blocks,), vectors that lost values
        * y0 ... : words of the observation ports, of all persons
        * x_entries0, h_entries0 ... : (rows, mini-banks), vectors with more than ``4 j`` non-zeros that enter the
          stores, of all persons
        * x_tokens0 ... : non-zeros of each channel of X as stored, of the persons that must be computed
        * h_tokens0 ... : non-zeros that each (tap, bank) of H meets, of the same persons
        * p_entries0, q_entries0, p_tokens0, q_tokens0 ... : the same of P and Q of multi-scale blocks
        * z_tokens0 ... : non-zeros of each bank of Z, in the order of the graph unit, of the same persons
        * r_tokens0 ... : non-zeros of each bank of X in the rows that a stride leaves, of the same persons
    """
    from hypgcn.golden.absent import left_out
    from hypgcn.golden.block import lost_of
    from hypgcn.golden.input import coordinates
    from hypgcn.golden.network import run
    from hypgcn.sparse import spatial_entries

    tensors = run(design, clip)
    gone = left_out(coordinates(clip, design), tensors)
    kept: dict[str, np.ndarray] = {"logits": tensors["logits"], "overflow": np.array(tensors["overflow"]),
                                   "left_out": gone}
    lost = []
    for index, block in enumerate(design.blocks):
        name = f"blocks.{index}."
        x, h = tensors[name + "x_stored"], tensors[name + "h_stored"]
        lost.append(lost_of({key: tensor for key, tensor in tensors.items() if key.startswith(name)}))
        kept[f"y{index}"] = observe_words(tensors[name + "y"])
        into = tensors[f"blocks.{index - 1}.y"] if index else tensors["x1"]
        kept[f"x_entries{index}"], kept[f"h_entries{index}"] = _entries(into), _entries(tensors[name + "h"])
        x, h, z = x[~gone], h[~gone], tensors[name + "z"][~gone]
        kept[f"x_tokens{index}"] = np.count_nonzero(x, axis=(0, 1, 2))
        kept[f"h_tokens{index}"] = _by_tap(h, block.kernel, block.stride) if block.scales is None else _by_tap(h, 1, 1)
        if block.scales is not None:
            for store, kernel, stride in (("p", block.kernel, block.stride), ("q", 1, 1)):
                kept[f"{store}_entries{index}"] = _entries(tensors[name + store])
                kept[f"{store}_tokens{index}"] = _by_tap(tensors[f"{name}{store}_stored"][~gone], kernel, stride)
        kept[f"z_tokens{index}"] = split_banks(np.array([
            np.count_nonzero(x[..., channel] if subset is None else z[:, subset, ..., channel])
            for channel, subset in spatial_entries(block)])).sum(axis=1)
        kept[f"r_tokens{index}"] = split_banks(np.count_nonzero(x[:, ::block.stride], axis=(0, 1, 2))).sum(axis=1)
    return {**kept, "lost": np.array(lost, np.int64)}


def _entries(rows: np.ndarray) -> np.ndarray:
    """int (rows, MINI_BANKS): entries that rows of (..., V, C) need in each mini-bank."""
    return row_usage(rows).reshape(-1, MINI_BANKS)


def _by_tap(h: np.ndarray, kernel: int, stride: int) -> np.ndarray:
    """int (kernel, banks): non-zeros of H (M, T, V, C) that a tap meets, without the zero padding."""
    frames = h.shape[1]
    per_row = np.count_nonzero(h, axis=(0, 2))  # (T, C)
    found = []
    for tap in range(kernel):
        rows = np.arange(0, frames, stride) + tap - (kernel - 1) // 2
        rows = rows[(rows >= 0) & (rows < frames)]
        found.append(split_banks(per_row[rows].sum(axis=0)).sum(axis=1))
    return np.array(found)


def _start(design: Design):
    global _design
    _design = design


def _work(task: tuple[np.ndarray, str]) -> str:
    clip, path = task
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, **expect(_design, clip))  # type: ignore[arg-type]
    return path


def golden_clips(design: Design, clips: np.ndarray, folder: Path, *, jobs: int | None = None,
                 progress: Callable[[float, float, str], None] | None = None) -> list[Path]:
    """Files of :func:`expect`, one a clip; those that are there already are not computed again.

    Parameters
    ----------
    design : Design
        The network.
    clips : int8 (N, M, T, V, C)
        The clips.
    folder : Path
        Keeps the files.
    jobs : int or None
        Processes; ``None`` for the number of processors.
    progress : callable or None
        Called with done, total and a text.
    """
    folder.mkdir(parents=True, exist_ok=True)
    start = f"{FORMAT}/{design.hash}/".encode()
    paths = [folder / (hashlib.sha256(start + np.ascontiguousarray(clip).tobytes()).hexdigest()[:32] + ".npz")
             for clip in clips]
    missing = {str(path): clip for clip, path in zip(clips, paths) if not path.exists()}
    tasks = [(clip, path) for path, clip in missing.items()]
    if tasks:
        jobs = min(len(tasks), jobs or os.cpu_count() or 1)
        for number, _ in enumerate(in_processes(_work, tasks, jobs, _start, (design,)), 1):
            if progress is not None:
                progress(number, len(tasks), "golden tensors")
    return paths
