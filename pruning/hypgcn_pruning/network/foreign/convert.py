"""A checkpoint of another framework becomes one of ours, from which training, pruning and evaluation go on."""

from dataclasses import dataclass, replace
from pathlib import Path

import torch

from hypgcn.design.clip import Preparation

from ..checkpoint import save_checkpoint
from ..model import Network
from .load import open_network

__all__ = ["ImportOptions", "import_network"]


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """What a file may lack.

    Parameters
    ----------
    skeleton : str
        A built-in skeleton, or a file with bones.
    format : str
        ``auto`` or one of :data:`~.load.LAYOUTS`.
    frames : int
        T of a prepared clip.
    persons : int or None
        Persons of a clip; ``None``: those of the file.
    stream : str
        What the network sees.
    strides : tuple of int or None
        Of the blocks; ``None``: as the file or the published code has them.
    key : str or None
        Entry of the file that holds the state.
    scale, centring : str or None
        How its clips were prepared, see ``hypgcn train``; ``None``: not at all, and in every frame.
    classes : int or None
        Classes of a new classifier; ``None``: that of the file stays.
    seed : int
        Of the new classifier's weights.
    """

    skeleton: str
    format: str = "auto"
    frames: int = 52
    persons: int | None = None
    stream: str = "joint"
    strides: tuple[int, ...] | None = None
    key: str | None = None
    scale: str | None = None
    centring: str | None = None
    classes: int | None = None
    seed: int = 1


def import_network(path, out, options: ImportOptions) -> tuple[Network, dict]:
    """Write the network of the file at ``path`` as a checkpoint of ours to ``out``.

    Parameters
    ----------
    path : path
        A file of another framework.
    out : path
        The checkpoint, ``.safetensors`` or ``.pt``; it must not exist.
    options : ImportOptions
        What the file may lack.

    Returns
    -------
    model : Network
        In evaluation mode.
    info : dict
        ``preparation`` and ``source``, with ``architecture`` and ``notes``.

    Raises
    ------
    FileNotFoundError, FileExistsError, ValueError
        See :func:`~.load.load_foreign`.
    """
    out = Path(out)
    if out.exists():
        raise FileExistsError(f"{out} is there already: give another file (-o), or remove it")
    if out.suffix not in (".safetensors", ".pt", ".pth"):
        raise ValueError(f"out must end in .safetensors, .pt or .pth, not {out.suffix!r}")
    model, info = open_network(path, format=options.format, skeleton=options.skeleton, frames=options.frames,
                               persons=options.persons, stream=options.stream, strides=options.strides,
                               key=options.key)
    chosen = {name: value for name, value in (("scale", options.scale), ("centring", options.centring))
              if value is not None}
    info["preparation"] = replace(Preparation.from_dict(info["preparation"]), **chosen).to_dict()
    if options.classes is not None:
        model = _with_classes(model, options.classes, options.seed)
        info["source"]["notes"] = [*info["source"]["notes"],
                                   f"its classifier is new, with {options.classes} classes: train it (hypgcn train "
                                   f"--init)"]
    out.parent.mkdir(parents=True, exist_ok=True)
    save_checkpoint(out, model, info)
    return model, info


def _with_classes(model: Network, classes: int, seed: int) -> Network:
    """``model`` with a new classifier for ``classes`` classes."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        other = Network(replace(model.config, classes=classes))
    kept = {name: tensor for name, tensor in model.state_dict().items() if not name.startswith("fc.")}
    other.load_state_dict({**other.state_dict(), **kept})
    return other.eval()
