"""Where emitted modules and memories stand in a design, and the names and files that follow from it."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from .elaborated import Elaborated, Path
from .naming import Taken
from .platform import GIVEN, Image

__all__ = ["MODULE_FILE", "PlacedImage", "PlacedModule", "place"]

MODULE_FILE = "module_file"
"""Attribute of a component's class: its module, with those below, has a file of its own."""


@dataclass(frozen=True, kw_only=True)
class PlacedModule:
    """An emitted module with its names.

    Parameters
    ----------
    elaborated : Elaborated
    name : str
        Of the module.
    place : tuple of str
        Instances from the top module to it; of a module that many instances share, those that lead to all of them, and
        its kind.
    names : dict
        {path in it: name of the module there}.
    files : dict
        {path in it: file of the module there, without its suffix}.
    """

    elaborated: Elaborated
    name: str
    place: Path
    names: dict[Path, str]
    files: dict[Path, str]


@dataclass(frozen=True, kw_only=True)
class PlacedImage:
    """Contents of a memory with their file.

    Parameters
    ----------
    image : Image
    file : str
        Named after the memory's module.
    module : str
        Emitted module that the memory is in.
    place : tuple of str
        Instances from the top module to the memory, as in :class:`PlacedModule`.
    """

    image: Image
    file: str
    module: str
    place: Path


def place(elaborated: Sequence[Elaborated], images: Sequence[Image]) -> tuple[list[PlacedModule], list[PlacedImage]]:
    """Name all modules, files and memory images, and put the names into the instances.

    A module is called after the instances that lead to it: ``hypgcn_core_block3_temporal_dispatch``. One that many
    instances share is called after what leads to all of them, and its class: ``hypgcn_core_block3_temporal_lane``. A
    memory image is called after the module of its memory.

    Parameters
    ----------
    elaborated : list of Elaborated
        The top module first.
    images : list of Image
        Of the platform.
    """
    taken = Taken(GIVEN)
    places = _places(elaborated, taken)     # emitted modules first: inner modules are many, and give way
    top = elaborated[0].module.name
    bases = {name: "_".join((top, *at)) for name, at in places.items()}
    modules, placed = [], []
    for each in elaborated:
        base = bases[each.module.name]
        names = {path: taken.free("_".join((base, *path))) if path else base for path in each.inside}
        modules.append(PlacedModule(elaborated=each, name=base, place=places[each.module.name], names=names,
                                    files=_files(each, names)))
        for path, instance in each.instances().items():
            if instance.type in bases:
                instance.type = bases[instance.type]
            elif index := instance.parameters.get("INIT_FILE"):
                file = f"{names[path[:-1]]}.mem"
                instance.parameters["INIT_FILE"] = file
                placed.append(PlacedImage(image=images[int(index)], file=file, module=base,
                                          place=(*places[each.module.name], *path[:-1])))
        each.module.name = base
        each.module.uses = Counter({bases[name]: number for name, number in each.module.uses.items()})
    return modules, placed


def _places(elaborated, taken) -> dict[str, Path]:
    """{name of an emitted module: its place}; the names that follow from them are ``taken`` afterwards."""
    above: dict[str, list[tuple[str, Path]]] = defaultdict(list)
    names = {each.module.name for each in elaborated}
    for each in elaborated:
        for path, instance in each.instances().items():
            if instance.type in names:
                above[instance.type].append((each.module.name, path[:-1]))
    by_name = {each.module.name: each for each in elaborated}
    top = elaborated[0].module.name
    taken.names.add(top)
    found: dict[str, Path] = {top: ()}

    def place_of(name):
        if name not in found:
            leading = [(*place_of(parent), *path) for parent, path in above[name]]
            module = by_name[name].module
            kind = module.part or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(module.component).__name__).lower()
            base = "_".join((top, *_common(leading), kind))
            found[name] = (*_common(leading), kind + taken.free(base).removeprefix(base))
        return found[name]
    return {name: place_of(name) for name in by_name}


def _common(paths) -> Path:
    """What all paths begin with."""
    first, last = min(paths), max(paths)
    length = next((index for index, (a, b) in enumerate(zip(first, last)) if a != b), min(len(first), len(last)))
    return first[:length]


def _files(each, names) -> dict[Path, str]:
    """The file of each module in an emitted one: that of the nearest one that has a file of its own."""
    files: dict[Path, str] = {}
    for path, inside in each.inside.items():
        own = not path or getattr(inside.component, MODULE_FILE, False)
        files[path] = names[path] if own else files[path[:-1]]
    return files
