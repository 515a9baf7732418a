"""The offline path: from skeleton recordings to a pruned int8 design. The only package that imports torch.

The names here are public; modules are internal. They are imported when they are first used.
"""

import importlib

_HOMES = {
    "Clips": "recordings.data", "CompileConfig": "config", "FilmedConfig": "recordings.filmed",
    "MotionConfig": "recordings.motion", "PruneConfig": "config", "QuantiseConfig": "config",
    "Source": "recordings.readers", "TrainConfig": "config", "compile_step": "steps", "evaluate_step": "evaluation",
    "film": "recordings.filmed", "generate_motion": "recordings.motion", "prune_step": "steps",
    "quantise_step": "steps", "read_clips": "recordings.readers", "save_clips": "recordings.save_clips",
    "train_step": "steps",
}
__all__ = list(_HOMES)


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
