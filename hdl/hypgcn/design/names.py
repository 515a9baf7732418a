"""Names of modules and folders that every tool takes, and texts for people that no file is broken by."""

import functools
import os
import re
from pathlib import Path

from .checks import check_identifier
from .reserved import KEYWORDS, PRIMITIVES, TOOL_NAMES

__all__ = ["check_module_name", "check_text", "check_title", "check_vivado_folder", "module_names"]

MAX_NAME = 64
"""Characters of a name: names of files are made of it, of at most 255."""
MAX_TEXT = 200
_SYNTAX = "\"'`{}[]$\\;<>&|"
"""Characters with a meaning in Tcl, shells, C, XML or Markdown."""
_UNSUPPORTED = "!#$%^&*()`;<>?,[]{}'\"|\\"
"""Characters that Vivado does not support in names of folders (UG973, "Vivado Naming Conventions")."""
_MODULE = re.compile(r"^module (\w+)", re.MULTILINE)


@functools.cache
def module_names() -> frozenset[str]:
    """Names of the hand-written modules that come with an emission."""
    sources = Path(__file__).parents[1].rglob("*.sv")
    return frozenset(name for path in sources for name in _MODULE.findall(path.read_text(encoding="utf-8")))


def check_module_name(name: str, value):
    """Raise :exc:`ValueError` unless a top module may be called ``value``.

    Case counts for keywords only: in VHDL and on some file systems, names that differ in case are the same.
    """
    check_identifier(name, value)
    if len(value) > MAX_NAME:
        raise ValueError(f"{name} must have at most {MAX_NAME} characters, not {len(value)}")
    for words, what in ((KEYWORDS, "a keyword of SystemVerilog"), (_folded(PRIMITIVES), "a primitive"),
                        (_folded(module_names()), "a module of hypgcn"), (TOOL_NAMES, "a name that tools use")):
        if value in words or words is not KEYWORDS and value.lower() in words:
            raise ValueError(f"{name} must be another name: {value!r} is {what}")


@functools.cache
def _folded(words):
    return frozenset(word.lower() for word in words)


def check_text(name: str, value):
    """Raise :exc:`TypeError` unless ``value`` is a text, :exc:`ValueError` unless that is one printable line."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a text, not {value!r}")
    if not value.isprintable():
        raise ValueError(f"{name} must be printable, on one line, not {value!r}")
    if len(value) > MAX_TEXT:
        raise ValueError(f"{name} must have at most {MAX_TEXT} characters, not {len(value)}")


def check_title(name: str, value):
    """:func:`check_text`, and raise :exc:`ValueError` for an empty text, or one with characters of a file's syntax.

    For the name of a design, which is written into many kinds of files.
    """
    check_text(name, value)
    if not value.strip():
        raise ValueError(f"{name} must not be empty")
    if wrong := sorted(set(value) & set(_SYNTAX)):
        raise ValueError(f"{name} must be without {' '.join(_SYNTAX)}, not {value!r} with {' '.join(wrong)}")


def check_vivado_folder(name: str, path):
    """Raise :exc:`ValueError` unless Vivado can work in the folder ``path``."""
    folder = str(Path(path).resolve())
    wrong = {char for char in folder if char in _UNSUPPORTED or not char.isprintable()} - {os.sep}
    if wrong:
        raise ValueError(f"{name} must be a folder without {' '.join(sorted(map(ascii, wrong)))}, which Vivado does "
                         f"not support in names of folders, not {folder!r}")
