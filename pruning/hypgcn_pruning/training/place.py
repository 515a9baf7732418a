"""Where training runs: CPU or GPUs, one process or several, and the precision, by Lightning Fabric."""

import math

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies import DDPStrategy

from ..config import TrainConfig

__all__ = ["device_type", "join_statistics", "open_fabric", "set_threads", "slow_precision"]

_PRECISIONS = {"32": "32-true", "16": "16-mixed", "bf16": "bf16-mixed"}
_BF16 = ("avx512_bf16", "amx_bf16", "bf16")
"""Instructions for products of bfloat16, by their names in ``torch.cpu.get_capabilities``: of x86 and of ARM."""


def device_type(config: TrainConfig) -> str:
    """``cuda`` or ``cpu``: what ``accelerator`` comes to on this machine."""
    return "cuda" if config.accelerator != "cpu" and torch.cuda.is_available() else "cpu"


def set_threads(config: TrainConfig):
    """Let torch compute with the threads of ``config``: the last bits of sums depend on their number."""
    if config.threads:
        torch.set_num_threads(config.threads)


def slow_precision(config: TrainConfig) -> str:
    """What to say to the user where ``precision`` gains nothing on this machine, else an empty text.

    Without instructions for bfloat16 a processor converts every number: the result is as good, but takes longer than
    one of 32 bits.
    """
    found = torch.cpu.get_capabilities()
    if config.precision != "bf16" or device_type(config) != "cpu" or any(found.get(name) for name in _BF16):
        return ""
    return ("precision is bf16, but this processor has no instructions for bfloat16, and is slower with it than with "
            "--precision 32")


def open_fabric(config: TrainConfig) -> Fabric:
    """Fabric for ``accelerator``, ``devices`` and ``precision`` of ``config``.

    Several devices are as many processes, started afresh (`spawn`): a script that trains with them needs the usual
    ``if __name__ == "__main__"``. :exc:`ValueError` for what this machine does not have. """
    cuda = device_type(config) == "cuda"
    if config.accelerator == "cuda" and not cuda:
        raise ValueError("accelerator must be cpu or auto, not 'cuda': torch finds no CUDA device")
    if cuda and config.devices > torch.cuda.device_count():
        raise ValueError(f"devices must be at most {torch.cuda.device_count()}, the CUDA devices of this machine, "
                         f"not {config.devices!r}")
    if config.precision == "16" and not cuda:
        raise ValueError("precision must be 32 or bf16 on the CPU, not '16'")
    strategy = DDPStrategy(start_method="spawn", forward_sync_buffers=False) if config.devices > 1 else "auto"
    return Fabric(accelerator=device_type(config), devices=config.devices, strategy=strategy,
                  precision=_PRECISIONS[config.precision])


def join_statistics(fabric: Fabric, state: dict[str, torch.Tensor]):
    """Give the batch norms of all processes the mean of their running means and variances; in place in ``state``."""
    names = sorted(name for name in state if name.endswith(("running_mean", "running_var")))
    if fabric.world_size == 1 or not names:
        return
    joined = fabric.all_reduce(torch.cat([state[name].flatten() for name in names]), reduce_op="mean")
    for name, part in zip(names, joined.split([math.prod(state[name].shape) for name in names])):
        state[name].copy_(part.view_as(state[name]))
