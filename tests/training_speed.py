"""Clips a second of training steps: ``python tests/training_speed.py BLOCKS PRECISION``, as in ``hypgcn train``.

On one thread, in processor seconds: forward, backward and optimiser, of batches of 16 random clips of 40 frames, 20
joints and one person. The first steps, in which memory is laid out, do not count.
"""

import argparse
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1] / name) for name in ("hdl", "pruning")]

import torch
import torch.nn.functional as F

from hypgcn.design.skeleton import load_skeleton
from hypgcn_pruning.config import TrainConfig
from hypgcn_pruning.network.model import ModelConfig, Network
from hypgcn_pruning.steps import parse_blocks
from hypgcn_pruning.training.place import open_fabric
from hypgcn_pruning.training.run_state import RunState

WARMING = 3


def measure(blocks: str, precision: str, steps: int = 10) -> float:
    """Clips a second of a network of ``blocks`` in ``precision``."""
    torch.manual_seed(0)
    config = TrainConfig(threads=1, precision=precision)
    model = Network(ModelConfig(skeleton=load_skeleton("kinect20"), classes=10, frames=40, blocks=parse_blocks(blocks)))
    clips, labels = torch.randn(config.batch, 1, 40, 20, 3), torch.arange(config.batch) % 10
    fabric = open_fabric(config)
    learner, optimiser = fabric.setup(model, RunState(model, config).optimiser)
    for step in range(WARMING + steps):
        if step == WARMING:
            start = time.process_time()
        loss = F.cross_entropy(learner(clips), labels, label_smoothing=config.smoothing)
        optimiser.zero_grad()
        fabric.backward(loss)
        optimiser.step()
    return config.batch * steps / (time.process_time() - start)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("blocks")
    parser.add_argument("precision")
    given = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{measure(given.blocks, given.precision):.1f} clips a second")
