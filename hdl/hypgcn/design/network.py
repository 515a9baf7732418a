"""Design of a network: its fields, checks, hash, and files."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from . import limits
from .block import Block
from .checks import bits_signed, check_limit, check_tensor
from .files import folder_lock, write_files
from .names import check_text, check_title
from .raw_input import RAW_BITS, RawInput
from .scales import Scales
from .tensors import dump_tensors, parse_tensors

__all__ = ["DESIGN_FORMAT", "DESIGN_VERSION", "Design"]

DESIGN_FORMAT = "hypgcn-design"
DESIGN_VERSION = 4
"""Newest version of the files. Those of a design without multi-scale blocks have version 3, which has all they need. In
versions 1 and 2 the depths of the stores are those of each row."""

_FIELDS = {
    **limits.SHAPE,
    "subsets": limits.SUBSETS,
    "kernel": limits.KERNEL,
    "input_shift": limits.SHIFT,
    "input_threshold": limits.THRESHOLD,
}
_BLOCK_FIELDS = tuple(f.name for f in dataclasses.fields(Block) if f.name not in (*Block.TENSORS, "scales"))
_SCALES_FIELDS = tuple(f.name for f in dataclasses.fields(Scales) if f.name not in Scales.TENSORS)


@dataclass(frozen=True, kw_only=True, eq=False)
class Design:
    """A pruned int8 2s-AGCN without the data-dependent graph.

    Parameters
    ----------
    name : str
        Name for people: one line, without characters that are syntax somewhere (:func:`~.names.check_title`).
    frames, joints, persons, channels : int
        T, V, M, C of one input clip; the hardware takes it as (M, T, V, C).
    classes : int
        Number of logits.
    class_names : tuple of str
        Names of the classes, one line each, or empty.
    subsets : int
        K, graphs per block.
    kernel : int, odd
        Taps of the temporal convolution.
    input_scale : float
        A coordinate of a clip is ``round(x / input_scale)`` clamped to int8, or to int16 with ``raw``; the host
        computes it.
    input_shift : int, 1..31
        Right shift of the input affine.
    input_threshold : int, 0..127
        Inputs up to this magnitude become 0.
    logit_scale : float
        A logit times this is the logit of the float network.
    input_mult : int32 (M, C, V), -65535..65535
        Scale of the input affine.
    input_bias : int64 (M, C, V), magnitude below 2^40
        Bias of the input affine, at the scale of the product.
    head : int8 (classes, channels of the last block)
        Weights of the classifier.
    head_bias : int64 (classes,), magnitude below 2^40
        Biases of the classifier.
    raw : RawInput or None
        The hardware takes raw joints, int16, and prepares them by this; ``None``: it takes prepared ones, int8.
    blocks : tuple of Block
        In order; in_channels of each is out_channels of the block before it.
    meta : dict
        Origin of the design (commands, accuracies, ``"weights": "trained"`` or ``"seeded"``); not part of :attr:`hash`.
    """

    name: str
    frames: int
    joints: int
    persons: int
    channels: int
    classes: int
    class_names: tuple[str, ...] = ()
    subsets: int = 3
    kernel: int = 9
    input_scale: float = 1.0
    input_shift: int = 1
    input_threshold: int = 0
    logit_scale: float = 1.0
    input_mult: np.ndarray = field(repr=False)
    input_bias: np.ndarray = field(repr=False)
    raw: RawInput | None = None
    head: np.ndarray = field(repr=False)
    head_bias: np.ndarray = field(repr=False)
    blocks: tuple[Block, ...]
    meta: dict = field(default_factory=dict, repr=False)

    TENSORS = ("input_mult", "input_bias", "head", "head_bias")

    def __post_init__(self):
        check_title("name", self.name)
        for name, limit in _FIELDS.items():
            check_limit(name, getattr(self, name), limit)
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel must be odd, not {self.kernel!r}")
        for name in ("input_scale", "logit_scale"):
            if not 0.0 < getattr(self, name) < float("inf"):
                raise ValueError(f"{name} must be a positive number, not {getattr(self, name)!r}")
        if self.class_names and len(self.class_names) != self.classes:
            raise ValueError(f"class_names must hold {self.classes} names or none, not {len(self.class_names)}")
        for index, name in enumerate(self.class_names):
            check_text(f"class_names[{index}]", name)
        self._check_raw()
        if not self.blocks:
            raise ValueError("blocks must hold at least one block")
        channels = self.channels
        for index, block in enumerate(self.blocks):
            if block.in_channels != channels:
                raise ValueError(f"blocks[{index}].in_channels must be {channels}, the channels of its input, "
                                 f"not {block.in_channels}")
            block.validate(f"blocks[{index}]", self.joints, self.subsets, self.kernel)
            channels = block.out_channels
        shape = (self.persons, self.channels, self.joints)
        check_tensor("input_mult", self.input_mult, shape, np.int32, limits.INPUT_MULT.low, limits.INPUT_MULT.high)
        check_tensor("input_bias", self.input_bias, shape, np.int64, limits.BIAS.low, limits.BIAS.high)
        check_tensor("head", self.head, (self.classes, channels), np.int8, limits.WEIGHT.low, limits.WEIGHT.high)
        check_tensor("head_bias", self.head_bias, (self.classes,), np.int64, limits.BIAS.low, limits.BIAS.high)
        if self.logit_width > limits.LOGIT_WIDTH.high:
            raise ValueError(f"head: a logit needs {self.logit_width} bits, but at most {limits.LOGIT_WIDTH.high} are "
                             f"supported")

    def _check_raw(self):
        if self.raw is not None:
            if not isinstance(self.raw, RawInput):
                raise TypeError(f"raw must be a RawInput or None, not {type(self.raw).__name__}")
            self.raw.validate(self.joints)

    @property
    def clip_shape(self) -> tuple[int, int, int, int]:
        """(persons, frames, joints, channels) of a clip, the order in which the hardware takes it."""
        return self.persons, self.frames, self.joints, self.channels

    @property
    def clip_type(self) -> np.dtype:
        """Type of the elements of a clip: int8, or int16 with ``raw``."""
        return np.dtype(np.int8 if self.raw is None else np.int16)

    @property
    def element_width(self) -> int:
        """Bits of an element of a clip."""
        return 8 if self.raw is None else RAW_BITS

    @property
    def input_width(self) -> int:
        """Bits of a coordinate at the input affine."""
        return 8 if self.raw is None else self.raw.value_width

    def check_clip(self, clip) -> np.ndarray:
        """``clip`` as an array, one of this design; :exc:`ValueError` for another shape or type."""
        clip = np.asarray(clip)
        if clip.shape != self.clip_shape:
            raise ValueError(f"clip must have shape {self.clip_shape} (persons, frames, joints, channels), not "
                             f"{clip.shape}")
        if clip.dtype != self.clip_type:
            raise ValueError(f"clip must be {self.clip_type}, not {clip.dtype}: quantise it with "
                             f"hypgcn.design.clip.quantise_clip")
        return clip

    def block_frames(self, index: int) -> int:
        """Frames at the input of block ``index``; of the head for ``index = len(blocks)``."""
        frames = self.frames
        for block in self.blocks[:index]:
            frames = -(-frames // block.stride)
        return frames

    @property
    def multi_scale(self) -> bool:
        """Whether a block has a multi-scale temporal convolution."""
        return any(block.scales is not None for block in self.blocks)

    @property
    def pad(self) -> int:
        """Rows before the first frame that the temporal convolution covers."""
        return (self.kernel - 1) // 2

    @property
    def _pool_max(self) -> int:
        """Largest sum over all persons, frames and joints."""
        return limits.ACTIVATION.high * self.persons * self.block_frames(len(self.blocks)) * self.joints

    @property
    def pool_width(self) -> int:
        """Width of the (unsigned) sums over all persons, frames and joints."""
        return self._pool_max.bit_length()

    @property
    def logit_width(self) -> int:
        """Width of a signed logit, from the real weights."""
        total = np.abs(self.head.astype(np.int64)).sum(axis=1) * self._pool_max + np.abs(self.head_bias)
        return bits_signed(int(total.max()))

    def _scalars(self) -> dict:
        skip = {*self.TENSORS, "blocks", "meta", "raw"}
        data: dict = {"format": DESIGN_FORMAT, "version": self.version}
        data.update({f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in skip})
        if self.raw is not None:
            data["raw"] = self.raw.to_dict()
        data["blocks"] = [{name: getattr(block, name) for name in _BLOCK_FIELDS
                           if getattr(block, name) != block.defaults.get(name)} for block in self.blocks]
        for entry, block in zip(data["blocks"], self.blocks):
            if block.scales is not None:
                entry["scales"] = {name: getattr(block.scales, name) for name in _SCALES_FIELDS}
        return data

    @property
    def version(self) -> int:
        """Version of its files: the oldest that has everything in it, so that older designs keep their hash."""
        return DESIGN_VERSION if self.multi_scale else 3

    def tensors(self) -> dict[str, np.ndarray]:
        """All tensors by name; those of block b start with ``blocks.b.``."""
        tensors = {name: getattr(self, name) for name in self.TENSORS}
        for index, block in enumerate(self.blocks):
            tensors.update({f"blocks.{index}.{name}": getattr(block, name) for name in Block.TENSORS
                            if getattr(block, name) is not None})
            if block.scales is not None:
                tensors.update({f"blocks.{index}.scales.{name}": getattr(block.scales, name)
                                for name in Scales.TENSORS})
        return tensors

    @property
    def hash(self) -> str:
        """SHA-256 of everything but ``meta``: equal hashes mean equal hardware and results."""
        return _hash(self._scalars(), self.tensors())

    def save(self, path):
        """Write ``design.json`` and ``weights.safetensors`` into the folder ``path``; a failed write leaves the old
        files."""
        data = {**self._scalars(), "hash": self.hash, "meta": self.meta}
        with folder_lock(path):
            write_files({Path(path) / "weights.safetensors": dump_tensors(self.tensors()),
                         Path(path) / "design.json": json.dumps(data, indent=1) + "\n"})

    @classmethod
    def load(cls, path) -> "Design":
        """Design of the folder ``path`` (or of the ``design.json`` in it).

        Files of versions 1 and 2 hold the depths of the stores for each row. A window of W rows gets W times as many:
        what fitted into their stores fits into these. The hash is that of the design as it is then.

        Raises :exc:`FileNotFoundError` for a missing file, and :exc:`ValueError` or :exc:`TypeError` for files that are
        foreign, damaged, of another version, or do not belong together.
        """
        path = Path(path)
        if path.name == "design.json":
            path = path.parent
        for name in ("design.json", "weights.safetensors"):
            if not (path / name).is_file():
                raise FileNotFoundError(f"{path / name} not found: a design is a folder with design.json and "
                                        f"weights.safetensors")
        try:
            data = json.loads((path / "design.json").read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{path / 'design.json'} is not JSON: {error}") from error
        if not isinstance(data, dict) or data.get("format") != DESIGN_FORMAT:
            raise ValueError(f"{path / 'design.json'} is not a design: format must be {DESIGN_FORMAT!r}")
        if data.get("version") not in range(1, DESIGN_VERSION + 1):
            raise ValueError(f"{path / 'design.json'}: version must be in 1..{DESIGN_VERSION}, not "
                             f"{data.get('version')!r}; a later version of hypgcn wrote it")
        tensors = parse_tensors(path / "weights.safetensors")
        design = cls._from_files(data, tensors, path)
        content = design.hash if data["version"] > 2 else \
            _hash({name: value for name, value in data.items() if name not in ("hash", "meta")}, tensors)
        if data.get("hash") != content:
            raise ValueError(
                f"{path}: the hash in design.json ({str(data.get('hash'))[:12]}) is not that of its content "
                f"({content[:12]}): design.json and weights.safetensors do not belong together"
            )
        return design if data["version"] > 2 else \
            dataclasses.replace(design, blocks=tuple(map(_of_windows, design.blocks)))

    @classmethod
    def _from_files(cls, data: dict, tensors: dict, path: Path) -> "Design":
        tensors = dict(tensors)
        data = {key: value for key, value in data.items() if key not in ("format", "version", "hash")}
        try:
            blocks = []
            for index, entry in enumerate(data.pop("blocks")):
                entry = dict(entry)
                for name in ("x_depths", "h_depths"):
                    entry[name] = tuple(entry[name])
                for name in ("x_entries", "h_entries"):
                    entry[name] = tuple(entry.get(name, ()))
                for name in Block.TENSORS:
                    entry[name] = tensors.pop(f"blocks.{index}.{name}", None)
                if "scales" in entry:
                    entry["scales"] = _scales(entry["scales"], tensors, f"blocks.{index}.scales.")
                blocks.append(Block(**entry))
            own_tensors = {name: tensors.pop(name, None) for name in cls.TENSORS}
            if "raw" in data:
                data["raw"] = RawInput.from_dict(data["raw"])
            data["class_names"] = tuple(data.get("class_names", ()))
            design = cls(**data, **own_tensors, blocks=tuple(blocks))
        except (KeyError, AttributeError) as error:
            raise ValueError(f"{path / 'design.json'}: {error} is missing") from error
        except TypeError as error:
            raise ValueError(f"{path / 'design.json'}: {error}") from error
        if tensors:
            raise ValueError(
                f"{path / 'weights.safetensors'}: tensors that the design does not have: {', '.join(sorted(tensors))}"
            )
        return design


def _scales(entry: dict, tensors: dict, prefix: str) -> Scales:
    """The stages of ``entry`` of the file, and those of ``tensors`` that begin with ``prefix``, which are taken out."""
    lists = {name: tuple(value) for name, value in entry.items() if isinstance(value, list)}
    return Scales(**{**entry, **lists}, **{name: tensors.pop(prefix + name, None) for name in Scales.TENSORS})


def _hash(scalars: dict, tensors: dict) -> str:
    """SHA-256 of what a design's files hold."""
    text = json.dumps(scalars, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode() + dump_tensors(tensors)).hexdigest()


def _of_windows(block: Block) -> Block:
    """``block``, whose depths are those of each row, with the depths of its windows."""
    return dataclasses.replace(block, x_depths=tuple(block.x_window * depth for depth in block.x_depths),
                               h_depths=tuple(block.h_window * depth for depth in block.h_depths))
