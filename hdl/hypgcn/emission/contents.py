"""What stands around the modules: heads of files, and the page that maps files, modules and memory images."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .. import __version__
from .places import PlacedImage

__all__ = ["ModuleText", "file_text", "image_rows", "page"]

_BLOCK = re.compile(r"block(\d+)")


@dataclass(frozen=True, kw_only=True)
class ModuleText:
    """A module of the emitted text.

    Parameters
    ----------
    name : str
    about : str
        What it is, a sentence.
    text : str
    """

    name: str
    about: str
    text: str


def file_text(name: str, modules: Sequence[ModuleText], header: Mapping[str, str]) -> tuple[str, list[int]]:
    """Text of a file with its head, and the line at which each module begins.

    Parameters
    ----------
    name : str
        Of the file, without its suffix.
    modules : list of ModuleText
        In their order.
    header : dict
        What the head says of the design, by title.
    """
    head = [f"// {name}: written by hypgcn {__version__}. Do not edit.", "//"]
    width = max((len(title) for title in header), default=0)
    head += [f"// {title:{width}}  {text}" for title, text in header.items()]
    head += ["//"] if header else []
    head += ["// Modules, with their lines:"]
    lines, at = [], len(head) + len(modules) + 2
    for module in modules:
        lines.append(at)
        at += module.text.count("\n") + 1
    digits = len(str(at))
    head += [f"// {line:{digits}}  {module.name}" for line, module in zip(lines, modules)]
    return "\n".join([*head, "", *(module.text for module in modules)]), lines


def image_rows(images: Sequence[PlacedImage], instances: Mapping[str, int]) -> list[dict]:
    """The table of memory images, a row each.

    Parameters
    ----------
    images : list of PlacedImage
    instances : dict
        Instances of each emitted module.
    """
    rows = []
    for image in images:
        place, contents = image.place, image.image
        blocks = [(index, int(match[1])) for index, name in enumerate(place) if (match := _BLOCK.fullmatch(name))]
        at, block = blocks[0] if blocks else (-1, None)
        unit = place[at + 1:-1]
        rows.append({"file": image.file, "block": block,
                     "unit": ".".join(unit), "memory": place[-1] if place else "", "holds": contents.holds,
                     "depth": contents.depth, "width": contents.width, "instances": instances[image.module]})
    return rows


def page(name: str, header: Mapping[str, str], files: Sequence[dict], images: Sequence[dict]) -> str:
    """Page of contents, in Markdown.

    Parameters
    ----------
    name : str
        Top module.
    header : dict
        What is said of the design, by title.
    files : list of dict
        ``file``, ``about``, ``modules`` and ``lines`` of each, as in the sidecar.
    images : list of dict
        Of :func:`image_rows`.
    """
    text = [f"<!-- {name}: written by hypgcn {__version__}. Do not edit. -->", f"# {name}", ""]
    text += [f"* {title}: {value}" for title, value in header.items()]
    text += ["", "## Files", "", "They may be read in any order. `sim/` has models of primitives, for simulation only.",
             "", "| file | what | modules | lines |", "| --- | --- | ---: | ---: |"]
    text += [f"| `{row['file']}` | {row['about']} | {row['modules']} | {row['lines']} |" for row in files]
    if images:
        text += ["", "## Memory images", "", "One for each memory; a memory that many instances of a module have is "
                 "listed once.", "",
                 "| file | block | unit | memory | holds | words | bits | instances |",
                 "| --- | ---: | --- | --- | --- | ---: | ---: | ---: |"]
        text += [f"| `{row['file']}` | {'' if row['block'] is None else row['block']} | {row['unit']} | "
                 f"{row['memory']} | {row['holds']} | {row['depth']} | {row['width']} | {row['instances']} |"
                 for row in images]
    return "\n".join(text) + "\n"
