"""Files of ``torch.save`` that refer to code of others, read without running any of it: what is unknown is left out."""

import collections
import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

__all__ = ["Skipped", "load_skipping"]

_KNOWN: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("torch._utils", "_rebuild_tensor"): torch._utils._rebuild_tensor,
    ("torch._utils", "_rebuild_tensor_v2"): torch._utils._rebuild_tensor_v2,
    ("torch._utils", "_rebuild_parameter"): torch._utils._rebuild_parameter,
    ("torch", "Size"): torch.Size,
}
"""What makes tensors and containers, and nothing else."""


class Skipped:
    """Stands for an object, or for a function and its result, that a file refers to and that is not known here.

    It takes whatever a pickle does with it, and does nothing.
    """

    NAME = "an object"

    def __init__(self, *args, **kwargs):
        """Nothing is kept of the arguments."""

    def __setstate__(self, state):
        """Nothing is kept of the state."""

    def __call__(self, *args, **kwargs):
        """The result of a call is skipped, too."""
        return self

    def __setitem__(self, key, value):
        """Nothing is kept of an entry."""

    def append(self, value):
        """Nothing is kept of a value."""

    def extend(self, values):
        """Nothing is kept of values."""

    def add(self, value):
        """Nothing is kept of a value."""

    def update(self, *args):
        """Nothing is kept of values."""


def load_skipping(path: Path) -> tuple[object, tuple[str, ...]]:
    """What ``torch.save`` put into the file at ``path``, with a :class:`Skipped` in place of what is not known.

    Returns
    -------
    content : object
        Containers, numbers, texts and tensors of the file.
    skipped : tuple of str
        Names that it refers to and that were left out, in order.

    Raises
    ------
    pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError
        As of ``torch.load``, where the file is damaged.
    """
    names: dict[str, None] = {}

    class Unpickler(pickle.Unpickler):
        """Finds the makers of tensors, and for everything else a class that does nothing."""

        def find_class(self, module: str, name: str):
            """The maker ``module.name``, or a kind of :class:`Skipped`."""
            if (module, name) in _KNOWN:
                return _KNOWN[module, name]
            if module == "torch" and isinstance(getattr(torch, name, None), torch.dtype):
                return getattr(torch, name)
            if module == "torch" and name.endswith("Storage"):
                return getattr(torch, name)
            names[f"{module}.{name}"] = None
            return type("Skipped", (Skipped,), {"NAME": f"{module}.{name}"})

    def load(file, **options):
        return Unpickler(file, **options).load()

    # torch makes a subclass of this Unpickler, which adds nothing but storages.
    plain = SimpleNamespace(Unpickler=Unpickler, load=load, __name__="pickle")
    content = torch.load(path, map_location="cpu", weights_only=False, pickle_module=plain)
    return content, tuple(names)
