"""``hypgcn golden``: logits of the golden model for many clips, on all cores."""

import os
import zipfile
from pathlib import Path

import numpy as np

from hypgcn.choices import load_design
from hypgcn.console import examples, finished, introduce
from hypgcn.design import Design
from hypgcn.design.files import replacing
from hypgcn.processes import in_processes
from hypgcn.progress import Progress

__all__ = ["golden_logits", "load_clips", "register"]

_design: Design  # of a worker process


def load_clips(path: Path, design: Design) -> np.ndarray:
    """Clips (N, M, T, V, C) of an npz, of the type that ``design`` takes.

    Raises
    ------
    ValueError
        When they are missing or do not fit the design.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            clips = file["clips"]
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} must be an npz with clips: {error}") from error
    shape = design.clip_shape
    if clips.dtype != design.clip_type or clips.ndim != 5 or clips.shape[1:] != shape or not len(clips):
        raise ValueError(f"{path}: clips must be {design.clip_type} of shape (clips, {', '.join(map(str, shape))}), "
                         f"at least one, not {clips.dtype} of {clips.shape}")
    return clips


def _start(design: Design):
    global _design
    _design = design


def _run(clip: np.ndarray) -> tuple[np.ndarray, int]:
    from hypgcn.golden.network import run
    tensors = run(_design, clip)
    return tensors["logits"], tensors["overflow_count"]


def golden_logits(design: Design, clips: np.ndarray, jobs: int = 1, progress=None) -> tuple[np.ndarray, np.ndarray]:
    """Logits of clips.

    Parameters
    ----------
    design : Design
        The network.
    clips : int8 (N, M, T, V, C)
        The clips.
    jobs : int
        Processes.
    progress : callable or None
        Called with the clips that are done and their number.

    Returns
    -------
    logits : int64 (N, classes)
        The logits.
    overflow : int64 (N,)
        Vectors that lost values.
    """
    outcomes = []
    for result in in_processes(_run, clips, jobs, _start, (design,)):
        outcomes.append(result)
        if progress is not None:
            progress(len(outcomes), len(clips))
    return np.stack([logits for logits, _ in outcomes]), np.array([count for _, count in outcomes], np.int64)


def register(commands):
    """Add the parser of ``hypgcn golden``."""
    parser = commands.add_parser("golden", help="logits of the golden model for a file of clips")
    examples(parser, "hypgcn golden nwucla_small YOURS.npz -o build/golden.npz")
    parser.add_argument("design", metavar="DESIGN", help="folder of a design, or a preset")
    parser.add_argument("clips", metavar="CLIPS", type=Path,
                        help="npz with clips: int8, or int16 for raw input, (clip, person, frame, joint, channel)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N",
                        help="processes (default: one for each core)")
    parser.add_argument("-o", "--out", type=Path, default=Path("build/golden.npz"), metavar="FILE",
                        help="npz with logits, overflow and the design's hash (default: %(default)s)")
    parser.set_defaults(run=run)


def run(args):
    """Run the golden model for ``args``."""
    if args.jobs < 1:
        raise ValueError(f"--jobs must be at least 1, not {args.jobs}")
    design = load_design(args.design)
    clips = load_clips(args.clips, design)
    introduce(design)
    progress = Progress("golden model")
    logits, overflow = golden_logits(design, clips, min(args.jobs, len(clips)), progress)
    progress.finish(f"{len(clips)} clips done")
    with replacing(args.out) as temporary, open(temporary, "wb") as file:
        np.savez(file, logits=logits, overflow=overflow, hash=np.array(design.hash))
    finished(args.out, note="logits, overflow and the design's hash")
