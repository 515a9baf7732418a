"""DSP, block RAM and LUT of each unit, from the unit's own config.

DSPs and block RAMs are counted: the multipliers and the memories that the unit asks for, each memory by the rule of
:mod:`~hypgcn.planning.estimate.memory`. LUTs are the sum of the parts that a unit is made of
(:mod:`~hypgcn.planning.estimate.lut`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from ...absent import AbsentPersons
from ...arith import RequantConfig
from ...design import BANK, Design
from ...head import term_words
from ...input import requant_of
from ...mem import table_style
from ...rfc import RowStoreConfig
from ...rfc.shortcut import ShortcutConfig
from ...spatial.array_config import ConvArrayConfig
from ...spatial.frame_buffer import FrameBufferConfig, pass_layout
from ...spatial.graph import GraphConfig
from ...spatial.loader import RowLoader
from ...spatial.row_buffer import RowBufferConfig
from ...temporal.lane import LaneConfig
from . import lut
from .memory import Memory, rom_width, varying_bits
from .plan import LanePlan

__all__ = ["WIDE", "Resources", "absent_persons", "array_words", "buffer_words", "combine", "conv_array", "encoder",
           "frame_buffer", "graph_unit", "head", "input_affine", "lane", "loader", "requant", "row_buffer", "row_store",
           "schedulers", "shortcut", "skid", "varying_bits", "walk_words"]


WIDE = 27
"""Bits of the wider operand of a DSP48E2."""


@dataclass(frozen=True)
class Resources:
    """``dsp`` DSP48E2, ``bram36`` (an 18 kbit half is 0.5), ``lut`` with LUT RAM."""

    dsp: int = 0
    bram36: float = 0.0
    lut: float = 0.0

    def __add__(self, other: "Resources") -> "Resources":
        return Resources(self.dsp + other.dsp, self.bram36 + other.bram36, self.lut + other.lut)

    def __mul__(self, times: int) -> "Resources":
        return Resources(self.dsp * times, self.bram36 * times, self.lut * times)


def _made_of(dsp: int, memories, luts: float) -> Resources:
    found = [memory.primitives for memory in memories]
    return Resources(dsp, sum(part.bram36 for part in found), luts + sum(lut.memory(part) for part in found))


def row_store(cfg: RowStoreConfig) -> Resources:
    """A row store with its readers."""
    memories = [Memory("ram", *shape) for _, shape in cfg.named_memories]
    memories += [Memory("async", *shape) for shape in cfg.answer_shapes]
    return _made_of(0, memories, lut.row_store(cfg))


def loader(in_banks: int) -> Resources:
    """The row loader."""
    return _made_of(0, [Memory("async", 1, RowLoader.ROWS_AHEAD - 2)], lut.LOADER + lut.LOADER_BANK * in_banks)


def frame_buffer(cfg: FrameBufferConfig) -> Resources:
    """The frame buffer with its lists."""
    counts = [Memory("async", cfg.joints.bit_length(), cfg.channels)] * 2
    return _made_of(0, [walk_words(cfg), *counts], lut.FRAME_BUFFER)


def walk_words(cfg: FrameBufferConfig) -> Memory:
    """The two rows of a frame buffer."""
    return Memory("ram", pass_layout(cfg.joints).size - 1, 2 * cfg.channels * cfg.joints)


def graph_unit(cfg: GraphConfig) -> Resources:
    """The graph product."""
    rom = Memory("rom", varying_bits(cfg.words), cfg.passes * cfg.joints)
    queue = Memory("async", 8 * cfg.joints, cfg.queue_words)
    return _made_of(lut.multipliers(cfg.macs, cfg.mac), [rom, queue], lut.graph_unit(cfg))


def _table(bits: int, words: int) -> Memory:
    """A table that is read in one cycle."""
    return Memory("block rom" if table_style(words) == "block" else "rom", bits, words)


def conv_array(cfg: ConvArrayConfig, weight_bits: Sequence[int] | None = None) -> Resources:
    """The 1x1 array; ``weight_bits``: of each place of the chains :func:`varying_bits` of its weights, where they are
    known already."""
    if weight_bits is None:
        weight_bits = [varying_bits(table) for table in cfg.weight_tables]
    memories = [Memory("rom", bits, cfg.passes * cfg.steps) for bits in weight_bits]
    memories += [array_words(cfg)] * cfg.conv_depth
    memories.append(Memory("async", cfg.o_layout.size, cfg.delay + 6))
    return _made_of(lut.multipliers(cfg.macs, cfg.mac), memories, lut.conv_array(cfg))


def array_words(cfg: ConvArrayConfig) -> Memory:
    """The two rows of a 1x1 array: one memory of each place of its chains."""
    return Memory("block" if cfg.rows_style == "block" else "ram", 8 * cfg.joints, 2 * cfg.steps)


def requant(cfg: RequantConfig, multiplier: int = WIDE) -> Resources:
    """A requantiser with its tables; ``multiplier``: bits of the wider operand of the device's."""
    memories = [_table(rom_width(cfg.table_words), cfg.groups)] if cfg.groups > 1 else []
    return _made_of(cfg.lanes * -(-cfg.acc_width // multiplier), memories, lut.requant(cfg))


def row_buffer(cfg: RowBufferConfig) -> Resources:
    """The buffer that brings the values of a row in order."""
    return _made_of(0, [buffer_words(cfg)], lut.row_buffer(cfg))


def buffer_words(cfg: RowBufferConfig) -> Memory:
    """The two rows of a row buffer."""
    return Memory("ram", 8 * cfg.width, 2 * cfg.joints * cfg.groups)


def encoder(width: int = BANK) -> Resources:
    """The encoder of compressed vectors, ``width`` values a cycle."""
    return Resources(lut=lut.ENCODERS[width])


def skid() -> Resources:
    """A register slice for vectors."""
    return Resources(lut=lut.VECTOR)


def shortcut(cfg: ShortcutConfig) -> Resources:
    """A reader of X in drain order."""
    return _made_of(0, [Memory("async", max(1, 2 * (cfg.slices - 1).bit_length()), 16)], lut.shortcut(cfg))


def lane(plan: LanePlan) -> Resources:
    """One lane."""
    style = LaneConfig.weights_style(plan.pairs, plan.entries)
    weights = Memory("rom" if style == "auto" else "block rom", plan.weight_bits, 16 * plan.entries)
    memories = [weights, _table(plan.walk_bits, plan.entries), Memory("async", plan.fetch_bits, plan.fetches)]
    if plan.reads_x:
        memories.append(Memory("async", lut.VECTOR + 1, LaneConfig.x_answers(plan.fetches)))
    return _made_of(lut.multipliers(plan.pairs, plan.mac.form), memories, lut.lane(plan))


def schedulers(plan: LanePlan, lanes: int, identity: bool) -> Resources:
    """Window, dispatcher, their queues, and the merger of the reads of X."""
    select = max(1, (lanes - 1).bit_length()) + lanes
    memories = [Memory("async", select, 4 * lanes)]
    if plan.reads_x and not identity:
        memories.append(Memory("async", lanes, 16))
    return _made_of(0, memories, lut.schedulers(plan, lanes, identity))


def combine(plan: LanePlan, lanes: int) -> Resources:
    """The sums of all lanes put in order, without the requantiser."""
    steps = [_table(plan.step_bits, plan.groups)] if table_style(plan.groups) == "block" else []
    return _made_of(0, steps, lut.combine(plan, lanes))


def input_affine(design: Design) -> Resources:
    """The input affine with its encoder."""
    cfg = requant_of(design)
    return _made_of(1, [_table(rom_width(cfg.table_words), cfg.groups)], lut.input_affine(design))


def absent_persons(design: Design) -> Resources:
    """What keeps absent persons out of the network, with the queue of flags."""
    return _made_of(0, [Memory("async", 1, AbsentPersons.FLAGS)], lut.absent_persons(design))


def head(design: Design, width: int, absent: bool = False) -> Resources:
    """Sums and class scores; ``absent``: of designs whose persons may be left out."""
    banks = design.blocks[-1].out_banks
    words = term_words(design, absent)
    memories = list(chain([Memory("async", design.pool_width * width, banks * 16 // width)] * 2,
                          [_table(varying_bits(design.head.reshape(-1, 1)), design.head.size)],
                          [_table(rom_width(words), len(words))]))
    return _made_of(1, memories, lut.head(design, width, absent))
