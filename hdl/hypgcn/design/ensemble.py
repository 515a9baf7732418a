"""An ensemble: networks of several streams behind one raw input, whose weighted logits are summed in integers."""

import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, partial
from pathlib import Path

from . import limits
from .checks import bits_signed
from .files import write_file
from .names import check_title
from .network import Design

__all__ = ["ENSEMBLE_FILE", "ENSEMBLE_FORMAT", "Ensemble", "check_stream", "designs_of", "is_ensemble"]

ENSEMBLE_FILE = "ensemble.json"
"""Name of the file in a folder of an ensemble."""
ENSEMBLE_FORMAT = "hypgcn-ensemble"
_VERSION = 1
_MULT = 65535
"""Largest multiplier of a stream; that of the stream with the largest steps."""
_SCORE_BITS, _SUM_BITS = 32, 60
_STREAM = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")


@dataclass(frozen=True, kw_only=True, eq=False)
class Ensemble:
    """Several designs that take the same raw joints, and the weights of their logits.

    Parameters
    ----------
    name : str
        One line for people.
    streams : tuple of str
        Name of each stream, such as ``joint``: letters, digits, ``-`` and ``_``, at most 32, a letter first. No two
        are alike, ``-`` and ``_`` and the case of letters left out of account: they become names of files.
    designs : tuple of Design
        Two to eight with raw input of the same clips, in the same unit, with the same treatment of missing joints, and
        with the same classes.
    weights : tuple of Fraction
        Positive; of the logit of each stream in the sum.
    """

    name: str
    streams: tuple[str, ...]
    designs: tuple[Design, ...]
    weights: tuple[Fraction, ...]

    def __post_init__(self):
        check_title("name", self.name)
        if not limits.STREAMS.low <= len(self.designs) <= limits.STREAMS.high:
            raise ValueError(f"designs must be {limits.STREAMS.text}, not {len(self.designs)}")
        self._check_streams()
        for stream, design in zip(self.streams, self.designs):
            if design.raw is None:
                raise ValueError(f"{stream}: design {design.name} must have a raw input, which all streams share, not "
                                 f"int8 clips of its own")
            for what, of in _SHARED.items():
                if of(design) != of(self.designs[0]):
                    raise ValueError(f"{stream}: design {design.name} must have the {what} of {self.streams[0]}, "
                                     f"{_shown(of(self.designs[0]))}, not {_shown(of(design))}")
        self._check_sizes()

    def _check_streams(self):
        for name, values in (("streams", self.streams), ("weights", self.weights)):
            if len(values) != len(self.designs):
                raise ValueError(f"{name} must hold {len(self.designs)} values, one a design, not {len(values)}")
        for index, (stream, weight) in enumerate(zip(self.streams, self.weights)):
            check_stream(f"streams[{index}]", stream)
            if not isinstance(weight, Fraction) or weight <= 0:
                raise ValueError(f"weights: that of {stream} must be a positive fraction, not {weight!r}")
        if len({stream.lower().replace("_", "-") for stream in self.streams}) < len(self.streams):
            raise ValueError(f"streams must differ, not {', '.join(self.streams)}")

    def _check_sizes(self):
        blocks = sum(self.block_counts)
        if blocks > limits.BLOCKS.high:
            raise ValueError(f"designs must have at most {limits.BLOCKS.high} blocks together, not {blocks}")
        for stream, mult in zip(self.streams, self.mults):
            if mult < 1:
                raise ValueError(f"weights: that of {stream} must be at least 1/{2 * _MULT} of the largest, steps of "
                                 f"the logits included, to have an effect")
        if bits_signed(self._largest) > _SUM_BITS:
            raise ValueError(f"designs: the sum of their logits needs {bits_signed(self._largest)} bits, but at most "
                             f"{_SUM_BITS} are supported")

    @cached_property
    def _gains(self) -> tuple[Fraction, ...]:
        """What a step of each stream's logits adds to the weighted sum."""
        return tuple(weight * Fraction(design.logit_scale) for weight, design in zip(self.weights, self.designs))

    @property
    def mults(self) -> tuple[int, ...]:
        """Multiplier of each stream's logits, 1..65535."""
        return tuple(int(_MULT * gain / max(self._gains) + Fraction(1, 2)) for gain in self._gains)

    @cached_property
    def _largest(self) -> int:
        """Bound of the magnitude of the sum before its shift."""
        return sum(mult << design.logit_width - 1 for mult, design in zip(self.mults, self.designs))

    @property
    def shift(self) -> int:
        """Right shift of the sum, 0..: with it a score fits 32 bits."""
        shift = 0
        while bits_signed((self._largest >> shift) + 1) > _SCORE_BITS:
            shift += 1
        return shift

    @property
    def logit_widths(self) -> tuple[int, ...]:
        """Width of the logits of each stream."""
        return tuple(design.logit_width for design in self.designs)

    @property
    def block_counts(self) -> tuple[int, ...]:
        """Blocks of each stream."""
        return tuple(len(design.blocks) for design in self.designs)

    @property
    def score_width(self) -> int:
        """Width of a signed score."""
        return bits_signed((self._largest >> self.shift) + 1)

    @property
    def score_scale(self) -> float:
        """A score times this is the weighted sum of the float networks' logits."""
        return float(max(self._gains) / _MULT * 2 ** self.shift)

    @property
    def hash(self) -> str:
        """SHA-256 of all designs and the integers of the sum: equal hashes mean equal hardware and results."""
        text = json.dumps({"format": ENSEMBLE_FORMAT, "designs": [design.hash for design in self.designs],
                           "mults": self.mults, "shift": self.shift}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def save(self, path, folders):
        """Write the JSON file ``path``, which names the folders of the designs, relative to its own.

        Parameters
        ----------
        path : path
        folders : sequence of path
            Where each design is.
        """
        home = Path(path).parent
        rows = [{"stream": stream, "design": Path(os.path.relpath(folder, home)).as_posix(), "hash": design.hash,
                 "weight": str(weight)}
                for stream, design, weight, folder in zip(self.streams, self.designs, self.weights, folders)]
        data = {"format": ENSEMBLE_FORMAT, "version": _VERSION, "name": self.name, "streams": rows}
        write_file(path, json.dumps(data, indent=1) + "\n")

    @classmethod
    def load(cls, path) -> "Ensemble":
        """Ensemble of the file ``path``, or of ``ensemble.json`` in the folder ``path``, with its designs.

        Raises
        ------
        FileNotFoundError
            It, or a design, is missing.
        ValueError, TypeError
            It is foreign or damaged, a design is another one than it was made with, or they do not fit together.
        """
        path = Path(path)
        path = path / ENSEMBLE_FILE if path.is_dir() else path
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{path} is not JSON: {error}") from error
        if not isinstance(data, dict) or data.get("format") != ENSEMBLE_FORMAT or data.get("version") != _VERSION:
            raise ValueError(f"{path} is not an ensemble: format must be {ENSEMBLE_FORMAT!r}, version {_VERSION}")
        try:
            rows = [(row["stream"], row["design"], row["hash"], Fraction(row["weight"])) for row in data["streams"]]
            name = data["name"]
        except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
            raise ValueError(f"{path}: streams must each have stream, design, hash and weight, a fraction, and the "
                             f"ensemble a name: {error}") from error
        designs = []
        for stream, folder, content, _ in rows:
            try:
                design = Design.load(path.parent / folder)
            except TypeError as error:
                raise ValueError(f"{path}: the design of {stream} in {folder}: {error}") from error
            if design.hash != content:
                raise ValueError(f"{path}: the design of {stream} in {folder} must be {content[:12]}, not "
                                 f"{design.hash[:12]}: make the ensemble again")
            designs.append(design)
        try:
            return cls(name=name, streams=tuple(row[0] for row in rows), designs=tuple(designs),
                       weights=tuple(row[3] for row in rows))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error


def _missing(design: Design):
    return design.raw and (design.raw.unit, design.input_scale, design.raw.missing, design.raw.patience)


def is_ensemble(path) -> bool:
    """Whether ``path`` is the file of an ensemble, or a folder with one."""
    path = Path(path)
    if path.is_dir():
        return (path / ENSEMBLE_FILE).is_file()
    if path.suffix != ".json" or not path.is_file():
        return False
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return isinstance(data, dict) and data.get("format") == ENSEMBLE_FORMAT


def designs_of(network: Design | Ensemble) -> tuple[Design, ...]:
    """Designs of an ensemble, in the order of its streams; of one design itself."""
    return network.designs if isinstance(network, Ensemble) else (network,)


def check_stream(name: str, value):
    """Raise :exc:`TypeError` or :exc:`ValueError` unless ``value`` may be the name of a stream."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a text, not {value!r}")
    if not _STREAM.fullmatch(value):
        raise ValueError(f"{name} must be letters, digits, - and _, at most 32, a letter first, not {value!r}")


def _field(name: str, design: Design):
    return getattr(design, name)


def _skeleton(design: Design):
    return (design.meta.get("skeleton") or {}).get("name", "unknown")


_SHARED: dict[str, Callable[[Design], object]] = {
    "skeleton": _skeleton,
    **{name: partial(_field, name) for name in ("persons", "frames", "joints", "channels")},
    "unit and treatment of missing joints": _missing,
    "preparation by the host": lambda design: design.meta.get("preparation"),
    "number of classes": lambda design: design.classes,
    "class names": lambda design: design.class_names,
}
"""What all designs of an ensemble have in common, by its name."""


def _shown(value) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
