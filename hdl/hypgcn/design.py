"""The design: everything that the hardware, the golden model and the host need to know of one pruned int8 network.

``design.json`` holds shapes, shortcuts, shifts, thresholds and store depths; ``weights.safetensors`` beside it the tensors.
``docs/numbers.md`` defines what each number means. Loading validates: a :class:`Design` that exists is legal.
"""

import dataclasses
import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .tensors import dump_tensors, parse_tensors

__all__ = ["BANK", "MINI_BANKS", "Block", "Design", "DESIGN_FORMAT", "DESIGN_VERSION", "bits_signed"]

DESIGN_FORMAT = "hypgcn-design"
DESIGN_VERSION = 1

BANK = 16
"""Channels of one vector: the unit of runtime feature compression and of the cavity patterns."""
MINI_BANKS = 4
"""Mini-banks of a row store; each holds ``BANK // MINI_BANKS`` values of a vector."""

_ACT_MAX = 128  # largest magnitude of an activation
_BIAS_LIMIT = 1 << 40


def bits_signed(magnitude: int) -> int:
    """Width of the smallest signed integer that holds ``-magnitude..magnitude``."""
    return int(magnitude).bit_length() + 1


def _check_range(name, value, low, high):
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an integer, not {value!r}")
    if not low <= value <= high:
        raise ValueError(f"{name} must be in {low}..{high}, not {value!r}")


def _check_choice(name, value, choices):
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, not {value!r}")


def _check_tensor(name, array, shape, dtype, low, high):
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{name} must be a NumPy array, not {type(array).__name__}")
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, not {array.shape}")
    if array.dtype != dtype:
        raise ValueError(f"{name} must be {np.dtype(dtype)}, not {array.dtype}")
    if array.size and not (low <= array.min() and array.max() <= high):
        raise ValueError(f"{name} must be in {low}..{high}, not {array.min()}..{array.max()}")


@dataclass(frozen=True, kw_only=True, eq=False)
class Block:
    """One block of the network: graph product, 1x1 convolution, temporal convolution, and both shortcuts.

    Parameters (shapes with the last index fastest; ``K`` subsets, ``V`` joints, ``I`` in_channels, ``O`` out_channels)
    ----------
    in_channels, out_channels : 1..1024
    stride : 1 or 2, of the temporal convolution
    shortcut_h : ``"identity"`` or ``"conv"``
    shortcut_y : ``"none"``, ``"identity"`` or ``"conv"``
    graph_shift : 1..15
    h_shift, y_shift : 1..31
    h_res_mult, y_res_mult : 0..4095; h_res_shift, y_res_shift : 0..24; zero unless the shortcut is an identity
    threshold_h, threshold_y : 0..127
    x_depths, h_depths : vectors that mini-bank j of the X and H store holds per row, ``MINI_BANKS`` values, not increasing
    density_x, density_h : measured share of non-zero activations in the stores, 0..1, for estimates only
    kept : uint8 (I,), 1 where the channel takes part in the graph product
    filters : uint8 (O,), 1 where the output channel has a temporal filter
    taps : uint8 (ceil(O / BANK), kernel), 1 where filters read this tap of this bank of H
    graph : int8 (K, V, V), input joint then output joint
    spatial : int8 (O, K, I); down : int8 (O, I) or None
    temporal : int8 (O, kernel, O), output channel, tap, input channel; res : int8 (O, I) or None
    h_mult, y_mult : int32 (O,), 0..65535; h_bias, y_bias : int64 (O,)
    """

    in_channels: int
    out_channels: int
    stride: int = 1
    shortcut_h: str = "identity"
    shortcut_y: str = "identity"
    graph_shift: int
    h_shift: int
    y_shift: int
    h_res_mult: int = 0
    h_res_shift: int = 0
    y_res_mult: int = 0
    y_res_shift: int = 0
    threshold_h: int = 0
    threshold_y: int = 0
    x_depths: tuple[int, ...]
    h_depths: tuple[int, ...]
    density_x: float = 1.0
    density_h: float = 1.0
    kept: np.ndarray = field(repr=False)
    filters: np.ndarray = field(repr=False)
    taps: np.ndarray = field(repr=False)
    graph: np.ndarray = field(repr=False)
    spatial: np.ndarray = field(repr=False)
    down: np.ndarray | None = field(default=None, repr=False)
    temporal: np.ndarray = field(repr=False)
    res: np.ndarray | None = field(default=None, repr=False)
    h_mult: np.ndarray = field(repr=False)
    h_bias: np.ndarray = field(repr=False)
    y_mult: np.ndarray = field(repr=False)
    y_bias: np.ndarray = field(repr=False)

    TENSORS = ("kept", "filters", "taps", "graph", "spatial", "down", "temporal", "res",
               "h_mult", "h_bias", "y_mult", "y_bias")

    def validate(self, where: str, joints: int, subsets: int, kernel: int):
        """Raise :exc:`ValueError` or :exc:`TypeError` that starts with ``where`` for the first thing that is wrong."""
        for name, low, high in (("in_channels", 1, 1024), ("out_channels", 1, 1024), ("stride", 1, 2),
                                ("graph_shift", 1, 15), ("h_shift", 1, 31), ("y_shift", 1, 31),
                                ("h_res_mult", 0, 4095), ("y_res_mult", 0, 4095), ("h_res_shift", 0, 24),
                                ("y_res_shift", 0, 24), ("threshold_h", 0, 127), ("threshold_y", 0, 127)):
            _check_range(f"{where}.{name}", getattr(self, name), low, high)
        _check_choice(f"{where}.shortcut_h", self.shortcut_h, ("identity", "conv"))
        _check_choice(f"{where}.shortcut_y", self.shortcut_y, ("none", "identity", "conv"))
        if "identity" in (self.shortcut_h, self.shortcut_y) and self.in_channels != self.out_channels:
            raise ValueError(f"{where}: an identity shortcut needs in_channels equal to out_channels, "
                             f"not {self.in_channels} and {self.out_channels}")
        if self.shortcut_y == "identity" and self.stride != 1:
            raise ValueError(f"{where}: an identity shortcut_y needs stride 1, not {self.stride}")
        for name in ("density_x", "density_h"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{where}.{name} must be in 0..1, not {getattr(self, name)!r}")

        inputs, outputs = self.in_channels, self.out_channels
        banks = -(-outputs // BANK)
        u8, i8 = np.uint8, np.int8
        shapes = {
            "kept": ((inputs,), u8, 0, 1), "filters": ((outputs,), u8, 0, 1), "taps": ((banks, kernel), u8, 0, 1),
            "graph": ((subsets, joints, joints), i8, -127, 127),
            "spatial": ((outputs, subsets, inputs), i8, -127, 127),
            "temporal": ((outputs, kernel, outputs), i8, -127, 127),
            "h_mult": ((outputs,), np.int32, 0, 65535), "y_mult": ((outputs,), np.int32, 0, 65535),
            "h_bias": ((outputs,), np.int64, 1 - _BIAS_LIMIT, _BIAS_LIMIT - 1),
            "y_bias": ((outputs,), np.int64, 1 - _BIAS_LIMIT, _BIAS_LIMIT - 1),
        }
        for name, shortcut in (("down", self.shortcut_h), ("res", self.shortcut_y)):
            if shortcut == "conv":
                shapes[name] = ((outputs, inputs), i8, -127, 127)
            elif getattr(self, name) is not None:
                raise ValueError(f"{where}.{name} must be absent, because its shortcut is {shortcut!r}")
        for name, (shape, dtype, low, high) in shapes.items():
            _check_tensor(f"{where}.{name}", getattr(self, name), shape, dtype, low, high)
        self._validate_masks(where, kernel)
        for name, channels in (("x_depths", inputs), ("h_depths", outputs)):
            depths = getattr(self, name)
            most = joints * -(-channels // BANK)
            if len(depths) != MINI_BANKS or any(not 1 <= d <= most for d in depths) or \
                    any(a < b for a, b in zip(depths, depths[1:])):
                raise ValueError(f"{where}.{name} must be {MINI_BANKS} values in 1..{most} that do not increase, "
                                 f"not {depths!r}")
        for name, width in (("spatial", self.h_acc_width), ("temporal", self.y_acc_width)):
            if width > 27:
                raise ValueError(f"{where}.{name}: the accumulator needs {width} bits, but at most 27 are supported")

    def _validate_masks(self, where, kernel):
        if not self.kept.any():
            raise ValueError(f"{where}.kept must keep at least one channel")
        if self.spatial[:, :, self.kept == 0].any():
            raise ValueError(f"{where}.spatial must be zero for the channels that kept drops")
        if self.temporal[self.filters == 0].any():
            raise ValueError(f"{where}.temporal must be zero for the output channels that filters drops")
        cut = np.repeat(self.taps == 0, BANK, axis=0)[:self.out_channels].T
        if self.temporal[:, cut].any():
            raise ValueError(f"{where}.temporal must be zero where taps cuts a tap of a bank")

    @property
    def in_banks(self) -> int:
        """Vectors per joint of X."""
        return -(-self.in_channels // BANK)

    @property
    def out_banks(self) -> int:
        """Vectors per joint of H and Y."""
        return -(-self.out_channels // BANK)

    @property
    def h_acc_width(self) -> int:
        """Width of the accumulators of the 1x1 convolution, from the real weights."""
        total = np.abs(self.spatial.astype(np.int64)).sum(axis=(1, 2))
        if self.down is not None:
            total = total + np.abs(self.down.astype(np.int64)).sum(axis=1)
        return max(9, bits_signed(int(total.max()) * _ACT_MAX))

    @property
    def y_acc_width(self) -> int:
        """Width of the accumulators of the temporal convolution, from the real weights."""
        total = np.abs(self.temporal.astype(np.int64)).sum(axis=(1, 2))
        if self.res is not None:
            total = total + np.abs(self.res.astype(np.int64)).sum(axis=1)
        return max(9, bits_signed(int(total.max()) * _ACT_MAX))

    @property
    def graph_acc_width(self) -> int:
        """Width of the accumulators of the graph product, from the real weights."""
        return max(9, bits_signed(int(np.abs(self.graph.astype(np.int64)).sum(axis=1).max()) * _ACT_MAX))


_BLOCK_FIELDS = tuple(f.name for f in dataclasses.fields(Block) if f.name not in Block.TENSORS)


@dataclass(frozen=True, kw_only=True, eq=False)
class Design:
    """A pruned int8 2s-AGCN without the data-dependent graph.

    Parameters
    ----------
    name : what people call it
    frames, joints, persons, channels : T, V, M, C of one input clip; the hardware takes it as (M, T, V, C)
    classes : number of logits; class_names : their names, or empty
    subsets : K, graphs per block; kernel : taps of the temporal convolution, odd
    input_scale : a raw coordinate is ``round(x / input_scale)`` clamped to int8, made by the host
    input_shift, input_threshold : of the input affine; logit_scale : a logit times this is the float network's logit
    input_mult : int32 (M, C, V), -65535..65535; input_bias : int64 (M, C, V)
    head : int8 (classes, channels of the last block); head_bias : int64 (classes,)
    blocks : in order; each block's in_channels is its predecessor's out_channels
    meta : anything worth knowing (commands, accuracies, ``"weights": "trained"`` or ``"seeded"``); not part of :attr:`hash`
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
    head: np.ndarray = field(repr=False)
    head_bias: np.ndarray = field(repr=False)
    blocks: tuple[Block, ...]
    meta: dict = field(default_factory=dict, repr=False)

    TENSORS = ("input_mult", "input_bias", "head", "head_bias")

    def __post_init__(self):
        for name, low, high in (("frames", 1, 4096), ("joints", 1, 64), ("persons", 1, 16), ("channels", 1, 16),
                                ("classes", 1, 1024), ("subsets", 1, 8), ("kernel", 1, 31),
                                ("input_shift", 1, 31), ("input_threshold", 0, 127)):
            _check_range(name, getattr(self, name), low, high)
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel must be odd, not {self.kernel!r}")
        for name in ("input_scale", "logit_scale"):
            if not 0.0 < getattr(self, name) < float("inf"):
                raise ValueError(f"{name} must be a positive number, not {getattr(self, name)!r}")
        if self.class_names and len(self.class_names) != self.classes:
            raise ValueError(f"class_names must hold {self.classes} names or none, not {len(self.class_names)}")
        if not self.blocks:
            raise ValueError("blocks must hold at least one block")
        channels = self.channels
        for index, block in enumerate(self.blocks):
            if block.in_channels != channels:
                raise ValueError(f"blocks[{index}].in_channels must be {channels}, the channels that come in, "
                                 f"not {block.in_channels}")
            block.validate(f"blocks[{index}]", self.joints, self.subsets, self.kernel)
            channels = block.out_channels
        shape = (self.persons, self.channels, self.joints)
        _check_tensor("input_mult", self.input_mult, shape, np.int32, -65535, 65535)
        _check_tensor("input_bias", self.input_bias, shape, np.int64, 1 - _BIAS_LIMIT, _BIAS_LIMIT - 1)
        _check_tensor("head", self.head, (self.classes, channels), np.int8, -127, 127)
        _check_tensor("head_bias", self.head_bias, (self.classes,), np.int64, 1 - _BIAS_LIMIT, _BIAS_LIMIT - 1)
        if self.logit_width > 48:
            raise ValueError(f"head: a logit needs {self.logit_width} bits, but at most 48 are supported")

    def block_frames(self, index: int) -> int:
        """Frames that block ``index`` takes in; ``index = len(blocks)`` gives the frames that reach the head."""
        frames = self.frames
        for block in self.blocks[:index]:
            frames = -(-frames // block.stride)
        return frames

    @property
    def pad(self) -> int:
        """Rows before the first frame that the temporal convolution would read."""
        return (self.kernel - 1) // 2

    @property
    def pool_width(self) -> int:
        """Width of the (unsigned) sums over all persons, frames and joints."""
        return (127 * self.persons * self.block_frames(len(self.blocks)) * self.joints).bit_length()

    @property
    def logit_width(self) -> int:
        """Width of a signed logit, from the real weights."""
        most = 127 * self.persons * self.block_frames(len(self.blocks)) * self.joints
        total = np.abs(self.head.astype(np.int64)).sum(axis=1) * most + np.abs(self.head_bias)
        return bits_signed(int(total.max()))

    def _scalars(self) -> dict:
        skip = {*self.TENSORS, "blocks", "meta"}
        data: dict = {"format": DESIGN_FORMAT, "version": DESIGN_VERSION}
        data.update({f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in skip})
        data["blocks"] = [{name: getattr(block, name) for name in _BLOCK_FIELDS} for block in self.blocks]
        return data

    def tensors(self) -> dict[str, np.ndarray]:
        """All tensors by name; those of block b start with ``blocks.b.``."""
        found = {name: getattr(self, name) for name in self.TENSORS}
        for index, block in enumerate(self.blocks):
            found.update({f"blocks.{index}.{name}": getattr(block, name) for name in Block.TENSORS
                          if getattr(block, name) is not None})
        return found

    @property
    def hash(self) -> str:
        """SHA-256 over everything but ``meta``: same hash, same hardware and same results."""
        text = json.dumps(self._scalars(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode() + dump_tensors(self.tensors())).hexdigest()

    def save(self, path):
        """Write ``design.json`` and ``weights.safetensors`` into the folder ``path``; a failed write leaves the old files."""
        path = Path(path)
        path.mkdir(parents=True, exist_ok=True)
        data = {**self._scalars(), "hash": self.hash, "meta": self.meta}
        files = {"weights.safetensors": dump_tensors(self.tensors()),
                 "design.json": (json.dumps(data, indent=1) + "\n").encode()}
        for name, blob in files.items():
            part = path / (name + ".part")
            part.write_bytes(blob)
        for name in files:
            os.replace(path / (name + ".part"), path / name)

    @classmethod
    def load(cls, path) -> "Design":
        """Design of the folder ``path`` (or of the ``design.json`` in it).

        Raises :exc:`FileNotFoundError` when a file is missing and :exc:`ValueError` or :exc:`TypeError` that says what is
        wrong when the files are foreign, damaged, of another version, or disagree with each other.
        """
        path = Path(path)
        if path.name == "design.json":
            path = path.parent
        for name in ("design.json", "weights.safetensors"):
            if not (path / name).is_file():
                raise FileNotFoundError(f"{path / name} not found: a design is a folder with design.json and "
                                        f"weights.safetensors")
        try:
            data = json.loads((path / "design.json").read_text())
        except ValueError as error:
            raise ValueError(f"{path / 'design.json'} is not JSON: {error}") from error
        if not isinstance(data, dict) or data.get("format") != DESIGN_FORMAT:
            raise ValueError(f"{path / 'design.json'} is not a design: format must be {DESIGN_FORMAT!r}")
        if data.get("version") != DESIGN_VERSION:
            raise ValueError(f"{path / 'design.json'}: version must be {DESIGN_VERSION}, not {data.get('version')!r}")
        tensors = parse_tensors(path / "weights.safetensors")
        design = cls._from_parts(data, tensors, path)
        if data.get("hash") != design.hash:
            raise ValueError(f"{path}: the hash in design.json ({str(data.get('hash'))[:12]}) is not that of its content "
                             f"({design.hash[:12]}): design.json and weights.safetensors do not belong together")
        return design

    @classmethod
    def _from_parts(cls, data: dict, tensors: dict, path: Path) -> "Design":
        tensors = dict(tensors)
        data = {key: value for key, value in data.items() if key not in ("format", "version", "hash")}
        try:
            blocks = []
            for index, entry in enumerate(data.pop("blocks")):
                entry = dict(entry)
                for name in ("x_depths", "h_depths"):
                    entry[name] = tuple(entry[name])
                for name in Block.TENSORS:
                    entry[name] = tensors.pop(f"blocks.{index}.{name}", None)
                blocks.append(Block(**entry))
            parts = {name: tensors.pop(name, None) for name in cls.TENSORS}
            data["class_names"] = tuple(data.get("class_names", ()))
            design = cls(**data, **parts, blocks=tuple(blocks))
        except (KeyError, AttributeError) as error:
            raise ValueError(f"{path / 'design.json'}: {error} is missing") from error
        except TypeError as error:
            raise ValueError(f"{path / 'design.json'}: {error}") from error
        if tensors:
            raise ValueError(f"{path / 'weights.safetensors'}: tensors that no block knows: {', '.join(sorted(tensors))}")
        return design
