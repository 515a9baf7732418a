"""Cost of the units of the spatial unit: row loader, frame buffer, graph unit, 1x1 array, row buffer."""

from collections.abc import Sequence
from dataclasses import replace

from ..arith.cost import mac_luts, multipliers, raw_bits, unpack_luts
from ..cost import Memory, Resources, UnitCost, different_bits, luts, varying_bits
from ..design import BANK
from .array_config import ConvArrayConfig
from .corner_turn import CornerTurnConfig
from .frame_buffer import FrameBufferConfig, pass_layout
from .graph_config import GraphConfig
from .loader import RowLoader, RowLoaderConfig
from .row_buffer import RowBufferConfig

__all__ = ["array_memory", "conv_array", "corner_turn", "frame_buffer", "frame_memory", "graph_unit", "row_buffer",
           "row_loader", "row_memory"]

LOADER, LOADER_BANK = 180, 10
"""LUTs of the row loader, and per bank of the store: the mask of needed channels."""
FRAME_BUFFER = 115
CORNER_TURN = 130
"""LUTs of the counters of a corner turn."""
DEAD_ZONE = 5
"""LUTs of the comparison with the dead zone, a joint: 2 to 6 by its size. Zeroing shares the LUTs of the saturation."""
CHAIN = 6
"""LUTs of a chain of a 1x1 array beside its counter: delays of what begins and ends a sum."""
CHAIN_PLACE = 8
"""LUTs of each further place of the chains of a 1x1 array: delays of addresses and valid bits."""


def row_loader(cfg: RowLoaderConfig, *, rows: int, tokens: Sequence[float]) -> UnitCost:
    """Cost of the row loader: one cycle per non-zero value of a needed channel, at least one per vector.

    Parameters
    ----------
    cfg : RowLoaderConfig
        Its parameters.
    rows : int
        Rows per clip.
    tokens : sequence of float
        Non-zero joints per row, of each channel of X.
    """
    needed = [tokens[channel] * need for channel, need in enumerate(cfg.needed)]
    cycles = sum(max(cfg.joints, sum(needed[BANK * bank:BANK * bank + BANK])) for bank in cfg.masks)
    return UnitCost(cycles=rows * cycles, x_reads=rows * cfg.joints * len(cfg.masks), resources=Resources.of(
        memories=[Memory("async", 1, RowLoader.ROWS_AHEAD - 2)], lut=LOADER + LOADER_BANK * cfg.in_banks))


def frame_memory(cfg: FrameBufferConfig) -> Memory:
    """The memory of a frame buffer: two rows of (joint, value)."""
    return Memory("ram", pass_layout(cfg.joints).size - 1, 2 * cfg.channels * cfg.joints)


def frame_buffer(cfg: FrameBufferConfig) -> UnitCost:
    """Cost of the frame buffer. It keeps up with loader and graph unit, so no cycles are counted."""
    lengths = [Memory("async", cfg.joints.bit_length(), cfg.channels)] * 2
    return UnitCost(resources=Resources.of(memories=[frame_memory(cfg), *lengths], lut=FRAME_BUFFER))


def graph_unit(cfg: GraphConfig, *, rows: int, tokens: Sequence[float]) -> UnitCost:
    """Cost of the graph unit: packed MACs, separation of their sums, choice of the subset, rounding, dead zone, copy
    of X.

    Parameters
    ----------
    cfg : GraphConfig
        Its parameters.
    rows : int
        Rows per clip.
    tokens : sequence of float
        Non-zero joints per row, of each channel of the unit's list.
    """
    rounding = cfg.width * (12 + DEAD_ZONE * bool(cfg.threshold))
    # X or the result is chosen, and in parts also for the places that parts only pass through.
    copies = 8 * (2 * cfg.joints - cfg.width) if any(cfg.copy) else 0
    rom = Memory("rom", varying_bits(cfg.words), len(cfg.words))
    if rom.primitives.logic_bits:
        rom = replace(rom, width=different_bits(cfg.words))
    queue = Memory("async", 8 * cfg.joints, cfg.queue_words)
    return UnitCost(cycles=rows * cfg.cycles(tokens), resources=Resources.of(
        dsp=multipliers(cfg.macs, cfg.mac), memories=[rom, queue],
        lut=(60 + cfg.macs * mac_luts(cfg.acc_width, cfg.mac) + unpack_luts(cfg.outputs / 2, cfg.acc_width)
             + luts.multiplexer(cfg.at_once, cfg.joints * cfg.acc_width) + rounding + copies)))


def array_memory(cfg: ConvArrayConfig) -> Memory:
    """One of the ``conv_depth`` memories of a 1x1 array: two rows of its place of the chains."""
    return Memory("block" if cfg.rows_style == "block" else "ram", 8 * cfg.joints, 2 * cfg.steps)


def conv_array(cfg: ConvArrayConfig, *, rows: int, weight_bits: Sequence[int] | None = None) -> UnitCost:
    """Cost of the 1x1 array: chains of packed MACs with one wrap counter each, choice of the joints, output of sums.

    Parameters
    ----------
    cfg : ConvArrayConfig
        Its parameters.
    rows : int
        Rows per clip.
    weight_bits : sequence of int, optional
        Of each place of the chains the bits of a weight word that differ between words, where they are known already.
    """
    if weight_bits is None:
        weight_bits = [varying_bits(table) for table in cfg.weight_tables]
    memories = [Memory("rom", bits, cfg.passes * cfg.steps) for bits in weight_bits]
    memories += [array_memory(cfg)] * cfg.conv_depth
    memories.append(Memory("async", cfg.o_layout.size, cfg.delay + 6))

    joints = cfg.conv_depth * cfg.conv_joints * luts.multiplexer(cfg.joint_groups, 8)
    slots = cfg.conv_joints * cfg.pass_groups
    output = cfg.width // 2 * (luts.multiplexer(slots, raw_bits(cfg.acc_width)) + cfg.acc_width)
    sums = cfg.conv_joints * cfg.conv_pairs
    chains = sums * (CHAIN + mac_luts(cfg.acc_width, cfg.mac, cfg.conv_depth))
    return UnitCost(cycles=rows * cfg.cycles, resources=Resources.of(
        dsp=multipliers(cfg.macs, cfg.mac), memories=memories,
        lut=110 + CHAIN_PLACE * (cfg.conv_depth - 1) + chains + joints + output))


def corner_turn(cfg: CornerTurnConfig, *, rows: int) -> UnitCost:
    """Cost of a corner turn of ``rows`` rows per clip: its memories, the choice of the piece, a rotation on either
    side, and the vector that is put together.
    """
    bits = 8 * cfg.width
    steps = (cfg.width - 1).bit_length()        # 2:1 choices of a rotation; a LUT6 makes two of them
    return UnitCost(cycles=rows * cfg.cycles, resources=Resources.of(
        memories=[Memory("async", 8, cfg.depth)] * cfg.width,
        lut=CORNER_TURN + luts.multiplexer(cfg.pieces, bits) + bits * steps))


def row_memory(cfg: RowBufferConfig) -> Memory:
    """The memory of a row buffer: two rows of words of ``width`` values."""
    return Memory("ram", 8 * cfg.width, 2 * cfg.joints * cfg.groups)


def row_buffer(cfg: RowBufferConfig, *, rows: int) -> UnitCost:
    """Cost of the row buffer of ``rows`` rows per clip: addresses, and the choice among block RAMs where a word is in
    several.
    """
    bits = 8 * cfg.width
    words = 2048 if bits <= 18 else 1024    # of a BRAM36 with ports of 18 and of 36 bits
    return UnitCost(cycles=rows * cfg.cycles, resources=Resources.of(
        memories=[row_memory(cfg)], lut=40 + bits * ((2 * cfg.cycles - 1) // words)))
