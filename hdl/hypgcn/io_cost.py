"""Cost of what stands in the network beside its blocks: raw joints, input, absent persons, head."""

from math import ceil

from .absent import AbsentPersons, leaves_out
from .arith.cost import DSP48E2_OPERAND
from .cost import Memory, Resources, UnitCost, luts, rom_width, varying_bits
from .design import BANK, Design
from .design.ensemble import Ensemble
from .design.raw_input import RAW_BITS, RawInput
from .head import class_cycles, term_words
from .input import requant_of
from .rfc.cost import EXPANDER

__all__ = ["absent_persons", "ensemble_units", "head", "input_affine", "io_units", "raw_preparation"]

INPUT_CHANNEL = 28
"""LUTs per channel of a joint: few, since most of the input's encoder meets constant zeros."""
RAW_INPUT_BIT = 1
"""LUTs per channel and bit beyond eight of a coordinate at the input affine."""
FORK_SINK = 3
"""LUTs per sink of a fork."""
ENSEMBLE_MULT = 17
"""Bits of a multiplier of a sum of scores, sign included."""


def input_affine(design: Design) -> UnitCost:
    """Cost of the input affine with its encoder: one multiplier, one coordinate a cycle."""
    cfg = requant_of(design)
    joints = design.persons * design.frames * design.joints
    return UnitCost(cycles=joints * design.channels, resources=Resources.of(
        dsp=1, memories=[Memory.table(rom_width(cfg.table_words), cfg.groups)],
        lut=40 + (INPUT_CHANNEL + RAW_INPUT_BIT * (design.input_width - 8)) * design.channels))


def raw_preparation(design: Design, raw: RawInput) -> UnitCost:
    """Cost of what prepares raw joints: copies of the double buffer, subtractions, and one frame for motion.

    Parameters
    ----------
    design : Design
        The network.
    raw : RawInput
        Its raw input.
    """
    channels, joints, frames = design.channels, design.joints, design.persons * design.frames
    bits = RAW_BITS * channels
    memories = [Memory("async", bits + 1, 2 * joints)] * (1 + bool(raw.parents) + (raw.missing == "hold"))
    lut = 51 + 15 * channels
    if raw.relative:
        lut += raw.place_width * channels
    if raw.centre is not None:
        lut += bits + 7     # the origin: the centre's place, or another joint's
        if design.persons > 1 and raw.centring == "every":
            memories.append(Memory("ram", bits + 1, design.frames))
    if raw.missing == "hold":
        lut += bits + 17    # the joint that came, or its last place
    if raw.motion:
        memories.append(Memory("async", raw.place_width * channels, joints))
        lut += 11 + 2 * raw.value_width * channels
    return UnitCost(cycles=frames * (joints + 1) + design.persons * joints * raw.motion,
                    resources=Resources.of(memories=memories, lut=lut))


def absent_persons(design: Design) -> UnitCost:
    """Cost of the unit that keeps absent persons out: register slice and gate of a joint, counters, queue of flags."""
    count_bits = (design.frames * design.joints).bit_length()
    return UnitCost(cycles=design.persons * design.frames * design.joints, resources=Resources.of(
        memories=[Memory("async", 1, AbsentPersons.FLAGS)],
        lut=luts.queue(AbsentPersons.FLAGS) + 20 + 2 * design.input_width * design.channels + 3 * count_bits))


def head(design: Design, width: int, *, absent: bool = False) -> UnitCost:
    """Cost of the head: expander, sums, and one product a cycle for the scores.

    Parameters
    ----------
    design : Design
        The network.
    width : int, 1, 2, 4, 8 or 16
        Channels that are summed a cycle.
    absent : bool
        Persons may be left out: their flags select what is added to the scores in their place.
    """
    banks = design.blocks[-1].out_banks
    positions = design.persons * design.block_frames(len(design.blocks)) * design.joints
    constants = term_words(design, absent)
    memories = [*[Memory("async", design.pool_width * width, banks * BANK // width)] * 2,
                Memory.table(varying_bits(design.head.reshape(-1, 1)), design.head.size),
                Memory.table(rom_width(constants), len(constants))]
    persons = 20 + 4 * design.persons if absent else 0
    return UnitCost(
        cycles=max(positions * banks * (BANK // width), design.classes * class_cycles(design, absent)),
        resources=Resources.of(dsp=1, memories=memories, lut=(
            EXPANDER + 330 + width * 1.5 * design.pool_width + luts.multiplexer(BANK / width, 8 * width) + persons)))


def io_units(design: Design, head_width: int, skip_absent: bool = True) -> dict[str, UnitCost]:
    """Cost of input and head, by name, of ``"absent"`` where the network leaves persons out, and of ``"raw_input"``.

    Parameters
    ----------
    design : Design
        The network.
    head_width : int
        Channels that the head sums a cycle.
    skip_absent : bool
        As in the folding: absent persons whose response is constant are not computed.
    """
    absent = leaves_out(design, skip_absent)
    units = {} if design.raw is None else {"raw_input": raw_preparation(design, design.raw)}
    units |= {"absent": absent_persons(design)} if absent else {}
    # A head of several cycles for a vector has a register slice for whole ones in front of it.
    in_front = UnitCost(resources=Resources(lut=luts.VECTOR * (head_width < BANK)))
    return units | {"input": input_affine(design),
                    "head": UnitCost.pipeline(head(design, head_width, absent=absent), in_front)}


def ensemble_units(ensemble: Ensemble) -> dict[str, UnitCost]:
    """Cost of what the networks of an ensemble share, by name.

    That are the fork of the joints, the sum of the scores, and the memory of the networks' own scores in the shell.
    """
    design, widths = ensemble.designs[0], ensemble.logit_widths
    count, bits = len(widths), max(widths) + ENSEMBLE_MULT + (len(widths) - 1).bit_length()
    words = [Memory("async", min(32, width), design.classes) for width in widths]
    return {
        "fork": UnitCost(cycles=design.persons * design.frames * design.joints, resources=Resources(
            lut=FORK_SINK * count)),
        "sum": UnitCost(cycles=design.classes, resources=Resources(
            dsp=sum(ceil(width / DSP48E2_OPERAND) for width in widths), lut=bits * (1.4 * count - 0.6))),
        "scores": UnitCost(cycles=design.classes * (1 + count), resources=Resources.of(
            memories=words, lut=8 + 16 * count)),
    }
