"""Clips a second and peak memory of the integers of a design: ``python tests/integer_speed.py DESIGN DATA CLIPS``.

On one thread, of test clips at even steps. Both implementations are measured, and must give the same.
"""

import argparse
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1] / name) for name in ("hdl", "pruning")]

import numpy as np
import torch

from hypgcn.design import Design
from hypgcn.design.clip import quantise_clip
from hypgcn.golden import run
from hypgcn.usage import peak_memory_mb
from hypgcn_pruning.inputs import design_clips
from hypgcn_pruning.integers.integer import predict_integer
from hypgcn_pruning.recordings.data import prepared


def measure(path, data, count: int) -> list[str]:
    """A line for each implementation; :exc:`ValueError` where their logits differ."""
    design = Design.load(path)
    clips, preparation = design_clips(design, data)
    chosen = prepared(clips.part(1).evenly(count), preparation, design.persons)
    integers = np.stack([quantise_clip(design, clip) for clip in chosen])
    lines, found = [f"{len(integers)} clips read, peak {peak_memory_mb()} MB"], []
    for name, compute in (("integer.py", lambda: predict_integer(design, integers)[0].numpy()),
                          ("golden", lambda: np.stack([run(design, clip)["logits"] for clip in integers]))):
        start = time.perf_counter()
        found.append(compute())
        seconds = time.perf_counter() - start
        lines.append(f"{name}: {len(integers) / seconds:.1f} clips a second, peak {peak_memory_mb()} MB")
    if (found[0] != found[1]).any():
        raise ValueError("the two implementations differ")
    return lines


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for option, kind in (("design", str), ("data", str), ("clips", int)):
        parser.add_argument(option, type=kind)
    given = parser.parse_args()
    torch.set_num_threads(1)
    print("\n".join(measure(given.design, given.data, given.clips)))
