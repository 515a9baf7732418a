"""Golden twin of ``hypgcn.network``."""

import numpy as np

from .block import lost_of, run_block
from .head import head
from .input import input_affine

__all__ = ["run"]


def run(design, clip, threshold_raise: int = 0) -> dict:
    """Every tensor of the network for one clip (M, T, V, C).

    Keys: ``x1``; for block b (from 0) ``blocks.b.NAME`` with the names of :func:`~.block.run_block`, persons first;
    ``pool``; ``logits`` (classes,); ``overflow_count`` (vectors that lost values in any store) and ``overflow`` (bool).
    """
    x = input_affine(clip, design)
    tensors = {"x1": x}
    for index, block in enumerate(design.blocks):
        persons = [run_block(person, block, threshold_raise) for person in x]
        for name in persons[0]:
            tensors[f"blocks.{index}.{name}"] = np.stack([person[name] for person in persons])
        x = tensors[f"blocks.{index}.y"]
    lost = lost_of(tensors)
    return {**tensors, **head(x, design), "overflow_count": lost, "overflow": lost > 0}
