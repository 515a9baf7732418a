"""LUTs of each unit as a sum over what it is made of: a model of its structure with constants fitted to Yosys' counts.

Within 20 % of ``synth_xilinx -family xcu`` for every unit that the tests know. A multiplexer of n words takes a share
of a LUT6 per bit and word, an adder or comparator one LUT per bit, registers with an enable none.
"""

from ...absent import AbsentPersons
from ...arith import RequantConfig
from ...design import BANK, MINI_BANKS, Design
from ...rfc import RowStoreConfig
from ...rfc.shortcut import ShortcutConfig
from ...spatial.array_config import ConvArrayConfig
from ...spatial.graph import GraphConfig
from ...spatial.row_buffer import RowBufferConfig
from .memory import LUTS_OF_LUT_RAM, Primitives

VECTOR = BANK * 9 + 1
"""Bits of a compressed vector; also about the LUTs of a register slice for one."""
ENCODERS = {2: 170, 4: 240, 8: 430, 16: 800}
"""Encoders by the values that they take a cycle."""
DECODER = 190
EXPANDER = 520
LOADER, LOADER_BANK = 180, 10
"""The loader, and what it takes for each bank of the store."""
FRAME_BUFFER = 115
INPUT_CHANNEL = 28
"""Per channel of a joint: most of the encoder of the input sees constant zeros."""
LOGIC_BIT = 1 / 55
"""LUTs per bit of a ROM in logic."""
PLACE = 8
"""Each further place of the chains of a 1x1 array: its delays."""
CHOICE = 0.36
"""LUTs per bit and further word of a multiplexer."""


def memory(part: Primitives) -> float:
    """LUTs of a memory's primitives."""
    return LUTS_OF_LUT_RAM * part.lut_rams + LOGIC_BIT * part.logic_bits


def multipliers(macs: int, form: str) -> int:
    """Hardware multipliers of packed MACs."""
    return macs * (2 if form == "single" else 1)


def choice(words: float, bits: float) -> float:
    """A multiplexer of so many words."""
    return CHOICE * max(0, words - 1) * bits


def queue(depth: int) -> float:
    """What a queue takes beside its memory."""
    return 8 + 3 * max(1, (depth - 1).bit_length())


def mac(acc_width: int, form: str) -> float:
    """A packed MAC: the counter of wraps, and the delay of ``first``."""
    if form == "single":
        return acc_width + 16
    wraps = max(0, acc_width - 19)
    return (2 if form == "dsp48e2" else 45) + (5 + 2 * wraps if wraps else 0)


def raw_bits(acc_width: int) -> int:
    """Bits of the raw sums of a packed MAC."""
    return 19 + acc_width + max(0, acc_width - 19)


def unpack(pairs: float, acc_width: int) -> float:
    """The subtraction that gives the two sums of each pair."""
    return pairs * acc_width


def row_store(cfg: RowStoreConfig) -> float:
    """Writer, reader, arbiter and the logic of the readers' queues."""
    readers = len(cfg.tags)
    request = sum(max(1, (size - 1).bit_length()) for size in (cfg.rows, cfg.joints, cfg.banks))
    pointers = sum(cfg.pointer_bits)
    writer = 150 + 4 * pointers + 3 * MINI_BANKS * max(1, (cfg.banks - 1).bit_length())
    return writer + 2 * pointers + readers * (queue(cfg.answers) + 36 + 0.5 * request)


def graph_unit(cfg: GraphConfig) -> float:
    """MACs, unpacking, choice of the subset, rounding, and the copy of X."""
    outputs = cfg.at_once * cfg.joints
    rounding = cfg.joints * 16
    copies = 9 * cfg.joints if any(cfg.copy) else 0
    return (60 + cfg.macs * (mac(cfg.acc_width, cfg.mac)) + unpack(outputs / 2, cfg.acc_width)
            + choice(cfg.at_once, cfg.joints * cfg.acc_width) + rounding + copies)


def conv_array(cfg: ConvArrayConfig) -> float:
    """Chains with one counter of wraps each, choice of the joints, and the drain."""
    joints = cfg.conv_depth * cfg.conv_joints * choice(cfg.joint_groups, 8)
    slots = cfg.conv_joints * cfg.pass_groups
    drain = cfg.width // 2 * (choice(slots, raw_bits(cfg.acc_width)) + cfg.acc_width)
    sums = cfg.conv_joints * cfg.conv_pairs
    further = 0 if cfg.mac == "dsp48e2" else mac(0, cfg.mac)
    chains = sums * (mac(cfg.acc_width, cfg.mac) + (cfg.conv_depth - 1) * further)
    return 110 + PLACE * (cfg.conv_depth - 1) + chains + joints + drain


def requant(cfg: RequantConfig) -> float:
    """Addend, shortcut term, clamp, and what travels beside."""
    term = 60 if cfg.res_mult else 0
    return 30 + cfg.lanes * (66 + term)


def row_buffer(cfg: RowBufferConfig) -> float:
    """Addresses, the vector that is put together, and the choice among block RAMs where a word is in several."""
    bits = 8 * cfg.width
    return 45 + bits * ((2 * cfg.cycles - 1) // (2048 if bits <= 18 else 1024))


def shortcut(cfg: ShortcutConfig) -> float:
    """Slicer with its skid, addresses."""
    values = 8 * cfg.width
    return 110 + choice(cfg.slices, values) + choice(cfg.width, values) + values


def lane(plan) -> float:
    """Address generator, queues, decoder, MACs; with reads of X their queue and a register slice of announced reads."""
    from_x = 50 + plan.fetch_bits if plan.reads_x else 0
    return 40 + queue(plan.fetches) + DECODER + from_x + plan.pairs * mac(plan.mac.acc_width, plan.mac.form)


def schedulers(plan, lanes: int, identity: bool) -> float:
    """Window and dispatcher; per lane a job's register and, for reads of X, a request."""
    merge = 40 + 12 * lanes if plan.reads_x and not identity else 0
    return 224 + 12 * lanes + queue(4 * lanes) + merge


def combine(plan, lanes: int) -> float:
    """Choice of the lane, of the pair, and the vector that is put together."""
    raw = raw_bits(plan.mac.acc_width)
    width = plan.y_width
    return (90 + choice(lanes, plan.pairs * raw) + 0.8 * sum(choice(pairs, raw) for pairs in plan.sources)
            + width * 2 * plan.mac.acc_width + VECTOR)


def input_affine(design: Design) -> float:
    """Addresses, the vector that is put together, and its compression."""
    return 40 + INPUT_CHANNEL * design.channels


def absent_persons(design: Design) -> float:
    """Register slice and gate of a joint, counters, and the queue of flags."""
    count = (design.frames * design.joints).bit_length()
    return queue(AbsentPersons.FLAGS) + 20 + 16 * design.channels + 3 * count


def head(design: Design, width: int, absent: bool = False) -> float:
    """Expander, sums, and one product a cycle; with ``absent`` persons are counted and chosen."""
    persons = 20 + 4 * design.persons if absent else 0
    return EXPANDER + 330 + width * 1.5 * design.pool_width + choice(16 / width, 8 * width) + persons
