"""Limits of what can be built: each number once, with its unit and its reason. The checks are in :mod:`.checks`."""

from collections.abc import Iterator
from dataclasses import dataclass

from .banks import BANK, MINI_BANKS

__all__ = [
    "ACC_WIDTH", "ACTIVATION", "BANK", "BANKS", "BIAS", "BIAS_BITS", "BLOCKS", "BUS_WIDTHS", "CHANNELS", "CLASSES",
    "CLIPS_INSIDE", "CONV_DEPTH", "Choices", "FRAMES", "GRAPH_PARTS", "GRAPH_SHIFT", "GRAPH_UNITS", "GROUPS",
    "HEAD_WIDTHS", "INPUT_CHANNELS", "INPUT_MULT", "JOINTS", "KERNEL", "LANES", "LANE_DEPTH", "LIMITS", "LOGIT_WIDTH",
    "Limit", "MAC_FORMS", "MINI_BANKS", "MULT", "PATIENCE_FRAMES", "PERSONS", "RAW_MISSING", "RAW_UNITS", "RES_MULT",
    "RES_SHIFT", "SHAPE", "SHIFT", "SHORTCUTS_H", "SHORTCUTS_Y", "STORE_MEMORIES", "STORE_ROWS", "STREAMS", "STRIDE",
    "SUBSETS", "THRESHOLD", "WEIGHT", "WIDTHS",
]


@dataclass(frozen=True)
class Limit:
    """Range of an integer, with both ends.

    Parameters
    ----------
    name : str
        Field or fields that it holds for.
    low, high : int
        Smallest and largest legal value.
    what : str
        What is counted, with its unit.
    reason : str
        Why it ends there.
    """

    name: str
    low: int
    high: int
    what: str
    reason: str

    @property
    def text(self) -> str:
        """The range for people, such as ``1..64``."""
        return f"{self.low}..{self.high}"


@dataclass(frozen=True)
class Choices:
    """Legal values of a field that takes only some.

    Parameters
    ----------
    name : str
        Field or fields that it holds for.
    values : tuple
        Legal values, in the order in which people read them.
    what : str
        What is chosen, with its unit.
    reason : str
        Why these and no others.
    """

    name: str
    values: tuple
    what: str
    reason: str

    def __iter__(self) -> Iterator:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.values)

    def __contains__(self, value) -> bool:
        return value in self.values

    @property
    def text(self) -> str:
        """The values for people, such as ``2, 4, 8, 16``."""
        return ", ".join(map(str, self.values))


BIAS_BITS = 40
"""A bias stays below 2 to this power in magnitude."""

# Shape of a clip and of the network.
FRAMES = Limit(
    "frames", 1, 4096, "frames of a clip, T",
    "more than two minutes at 30 frames a second; the sums of the head stay within LOGIT_WIDTH")
JOINTS = Limit(
    "joints", 1, 64, "joints of a skeleton, V",
    "skeletons in use have 14 to 33; a joint number has 6 bits")
PERSONS = Limit(
    "persons", 1, 16, "persons of a clip, M",
    "datasets have 1 or 2; every person costs the cycles of a whole pass through the network")
INPUT_CHANNELS = Limit(
    "channels", 1, 16, "coordinates of a joint, C",
    "a joint of the input is one vector")
RAW_UNITS = Choices(
    "raw.unit", ("mm", "1/8 pixel"), "unit of a raw coordinate, int16",
    "what depth cameras give, and pixels finer than pose estimators are sure of; both reach far beyond a picture")
RAW_MISSING = Choices(
    "raw.missing", ("hold", "zero"), "raw joints that are missing",
    "a stream cannot look ahead: a joint stays where it was, or its prepared value is zero")
PATIENCE_FRAMES = Limit(
    "raw.patience", 0, FRAMES.high, "frames for which an unseen person is held",
    "FRAMES; a second at 30 frames a second is usual")
CLASSES = Limit(
    "classes", 1, 1024, "classes, scores of a result",
    "the largest dataset in use has 400")
STREAMS = Limit(
    "designs of an ensemble", 2, 8, "networks behind one raw input",
    "published ensembles have two, four or six streams")
BLOCKS = Limit(
    "blocks", 1, 64, "blocks of the network",
    "block counters fill 1 KiB of the 4 KiB of registers")
CHANNELS = Limit(
    "in_channels, h_channels, p_channels, q_channels, out_channels", 1, 1024, "channels of a block",
    "four times the widest layer of 2s-AGCN")
BANKS = Limit(
    "banks", 1, CHANNELS.high // BANK, "vectors of a joint",
    "CHANNELS / BANK")
SUBSETS = Limit(
    "subsets", 1, 8, "graphs of a block, K",
    "published networks have 1 to 3")
KERNEL = Limit(
    "kernel", 1, 31, "taps of the temporal convolution, odd",
    "an odd kernel has as many taps before a frame as after it; published networks have 9")
STRIDE = Limit(
    "stride", 1, 2, "input frames per output frame",
    "published networks have 1 and 2; the window releases at most two rows at once")
SHORTCUTS_H = Choices(
    "shortcut_h", ("identity", "conv"), "shortcut into H",
    "2s-AGCN always has one")
SHORTCUTS_Y = Choices(
    "shortcut_y", ("none", "identity", "conv"), "shortcut into Y",
    "its first block has none")

SHAPE = {"persons": PERSONS, "frames": FRAMES, "joints": JOINTS, "channels": INPUT_CHANNELS, "classes": CLASSES}
"""Limits of what a clip and its result look like, by field."""

# Integers (docs/numbers.md).
WEIGHT = Limit(
    "graph, spatial, down, reduce, branches, temporal, res, head", -127, 127, "weights, int8",
    "symmetric, so that negation cannot overflow")
ACTIVATION = Limit(
    "activations", -128, 127, "activations, int8",
    "all values of a byte")
MULT = Limit(
    "h_mult, p_mult, q_mult, y_mult", 0, 65535, "scale of a channel",
    "16 bits, for the 18-bit port of a multiplier")
INPUT_MULT = Limit(
    "input_mult", -65535, 65535, "scale of an input coordinate",
    "batch normalisation may invert an axis; 17 bits with sign, for the 18-bit port of a multiplier")
BIAS = Limit(
    "h_bias, p_bias, q_bias, y_bias, input_bias, head_bias", 1 - (1 << BIAS_BITS), (1 << BIAS_BITS) - 1,
    "bias at the scale of the product, before the shift",
    "with 27 x 17 bits of product the sum stays within 48 bits")
SHIFT = Limit(
    "h_shift, p_shift, q_shift, y_shift, input_shift", 1, 31, "right shift of a requantiser, bits",
    "rounding needs at least one bit to drop; 31 leaves 14 of the at most 45 bits of the sum")
GRAPH_SHIFT = Limit(
    "graph_shift", 1, 15, "right shift after the graph product, bits",
    "rounding needs at least one bit to drop; the sum over 64 joints has at most 21")
RES_MULT = Limit(
    "h_res_mult, y_res_mult", 0, 4095, "scale of an identity shortcut",
    "12 bits, built from additions of shifted values, without a multiplier")
RES_SHIFT = Limit(
    "h_res_shift, y_res_shift", 0, 24, "left shift of an identity shortcut, bits",
    "8 + 12 + 24 bits stay within the 48 bits of the sum")
THRESHOLD = Limit(
    "threshold_z, threshold_h, threshold_p, threshold_q, threshold_y, input_threshold", 0, 127,
    "activations up to it in magnitude become 0",
    "the largest magnitude of a positive activation")
ACC_WIDTH = Limit(
    "acc_width", 9, 27, "bits of an accumulator",
    "the 27-bit port of the requantiser's multiplier; 9 holds an activation of -128 and its negative")
LOGIT_WIDTH = Limit(
    "logit_width", 2, 48, "bits of a signed score",
    "the accumulator of a DSP48")

# Folding.
LANES = Limit(
    "lanes", 1, 32, "temporal lanes of a block",
    "the store of H gives one vector a cycle to all of them: more lanes wait for vectors")
WIDTHS = Choices(
    "h_width, y_width", (2, 4, 8, 16), "values of a slice, which a requantiser takes at once",
    "parts of a vector; sums come in pairs")
REQUANTISERS = Choices(
    "h_requant, y_requant", ("dsp", "dsp_shared", "logic", "logic_shared", "serial"), "multipliers of a requantiser",
    "a DSP for each value, or one for all values of a slice in turn; the same of adders; one adder, a bit a cycle")
HEAD_WIDTHS = Choices(
    "head_width", (1, 2, 4, 8, 16), "channels that the head sums a cycle",
    "parts of a vector")
GRAPH_UNITS = Limit(
    "graph_units", 1, 4, "graph units of a block",
    "a token a cycle each; four make the graph product as fast as the store of X answers")
GRAPH_PARTS = Limit(
    "graph_parts", 1, 4, "passes that share the joints of a subset",
    "a quarter of the products a cycle; the rest of a graph unit does not shrink with them")
CONV_DEPTH = Limit(
    "conv_depth", 1, 8, "input channels of the 1x1 array at once",
    "so many pairs of products stay below a quarter of the range of the packed accumulator's lower field")
CONV_DEPTH_E1 = Limit(
    "conv_depth with mac dsp48e1", 1, 4, "input channels of the 1x1 array at once on DSP48E1",
    "so many pairs of products stay within the packed sum's lower field of 17 bits")
LANE_DEPTH = Limit(
    "lane_depth", 1, 2, "non-zeros of a vector that a lane multiplies a cycle",
    "an odd non-zero leaves a place of a deeper one idle, and vectors have few")
STORE_ROWS = Limit(
    "x_rows, h_rows", 1, 64, "rows that a store holds",
    "slot numbers of at most 6 bits; a kernel of 31 with stride 2 runs freely with 36")
STORE_MEMORIES = Choices(
    "h_memory", ("auto", "ultra"), "memories of a store of H",
    "block or LUT RAM, as the tool maps it; or UltraRAM where a memory would take as many block RAMs")
MAC_FORMS = Choices(
    "mac", ("dsp48e2", "dsp48e1", "inferred", "single"), "form of the packed multiply-accumulate",
    "explicit primitives (UltraScale, 7 series) or inferred 27 x 18 multiplier with two products, one product each")

# Shell.
BUS_WIDTHS = Choices(
    "bus_width", (8, 16, 32, 64, 128, 256, 512), "bits of the input stream",
    "AXI4-Stream takes whole bytes, and width converters powers of two; the network takes at most one byte a cycle")
CLIPS_INSIDE = Limit(
    "clips_inside", 2, 32, "clips in flight between input and result",
    "two overlap input and computation; a queue of 32 fits one level of LUT RAM")

GROUPS: dict[str, tuple[Limit | Choices, ...]] = {
    "Clips and networks": (FRAMES, JOINTS, PERSONS, INPUT_CHANNELS, RAW_UNITS, RAW_MISSING, PATIENCE_FRAMES, CLASSES,
                           STREAMS, BLOCKS, CHANNELS, BANKS, SUBSETS, KERNEL, STRIDE, SHORTCUTS_H, SHORTCUTS_Y),
    "Integers": (WEIGHT, ACTIVATION, MULT, INPUT_MULT, BIAS, SHIFT, GRAPH_SHIFT, RES_MULT, RES_SHIFT, THRESHOLD,
                 ACC_WIDTH, LOGIT_WIDTH),
    "Folding": (LANES, WIDTHS, REQUANTISERS, HEAD_WIDTHS, GRAPH_UNITS, GRAPH_PARTS, CONV_DEPTH, CONV_DEPTH_E1,
                LANE_DEPTH, STORE_ROWS, STORE_MEMORIES, MAC_FORMS),
    "Shell": (BUS_WIDTHS, CLIPS_INSIDE),
}
"""All limits by what they are of, in the order of the table of ``docs/limits.md``."""
LIMITS = tuple(limit for group in GROUPS.values() for limit in group)
"""All limits: ``name``, ``text``, ``what`` and ``reason`` of each."""


def chain_depth(mac: str) -> Limit:
    """Pairs of products that a chain of packed MACs of the form ``mac`` may add in a cycle."""
    return CONV_DEPTH_E1 if mac == "dsp48e1" else CONV_DEPTH
