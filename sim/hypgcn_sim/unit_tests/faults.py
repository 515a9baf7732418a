"""Faults to plant into the hardware, to see that the test cases find them and name the place.

A fault changes how components are elaborated, never the golden model.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from amaranth import *

from hypgcn.absent import AbsentPersons
from hypgcn.arith import PackedMacConfig, RequantConfig, RequantSerial, RequantShared
from hypgcn.arith.bits import saturate
from hypgcn.head import Head
from hypgcn.input import InputAffine
from hypgcn.raw_input import RawFrames, RawMotion
from hypgcn.raw_input import frames as raw_frames
from hypgcn.rfc import RfcDecoder, RfcEncoder, RfcExpander, RowStore
from hypgcn.rfc.shortcut import ShortcutReader
from hypgcn.sparse import Combine, Lane
from hypgcn.spatial import ConvArray, CornerTurn, FrameBuffer, GraphUnit, RowBuffer, RowLoader
from hypgcn.spatial import graph as graph_unit

from .alterations import altered, drop, replaced, stuck_at_zero, swap

__all__ = ["FAULTS", "Fault", "plant"]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault.

    Parameters
    ----------
    text : str
        What is wrong with the hardware.
    units : tuple of str
        Test cases that must all find it.
    patch : callable
        Makes the context in which it is planted.
    """

    text: str
    units: tuple[str, ...]
    patch: Callable


def _no_borrow(self, raw):
    """``PackedMacConfig.unpack`` without the correction of what the lower sum borrows from the upper one."""
    raw, width = Value.cast(raw), self.acc_width
    if self.apart:
        return raw[:width].as_signed(), raw[width:].as_signed()
    low, above = raw[:self.field], raw[self.field + width:]
    upper = raw[self.field:self.field + width].as_signed()
    lower = Cat(low, above).as_signed() if self.wraps_width else low[:width].as_signed()
    return upper, lower


def _smaller_dead_zone(value, dead_zone=0):
    """``saturate`` with a dead zone that ends one early."""
    return saturate(value, max(0, dead_zone - 1))


def _altering(component, port, change):
    return lambda: altered(component, port, change)


FAULTS: dict[str, Fault] = {
    "requant_truncates": Fault(
        text="the requantiser rounds towards minus infinity",
        units=("requant", "input_affine", "spatial_unit_conv", "network"),
        patch=lambda: replaced(RequantConfig, "offsets", property(lambda self: self.bias)),
    ),
    "requant_rows_add_one": Fault(
        text="nothing takes back the one that each row of adders of a requantiser adds",
        units=("requant_logic", "requant_logic_shared"),
        patch=lambda: replaced(RequantConfig, "row_excess", property(lambda self: 0)),
    ),
    "requant_shared_swaps": Fault(
        text="the values that share a multiplier leave in another order",
        units=("requant_dsp_shared", "requant_logic_shared", "requant_serial"),
        patch=_altering(RequantShared, "o", swap("values")),
    ),
    "requant_serial_drops": Fault(
        text="the serial multiplier loses one value in 7", units=("requant_serial",),
        patch=_altering(RequantSerial, "i", drop(7)),
    ),
    "decoder_drops": Fault(
        text="the decoder loses one token in 7", units=("rfc_decoder",), patch=_altering(RfcDecoder, "o", drop(7))
    ),
    "encoder_swaps": Fault(
        text="the encoder swaps channels 0 and 1",
        units=("rfc_encoder", "network"),
        patch=_altering(RfcEncoder, "i", swap("values")),
    ),
    "expander_swaps": Fault(
        text="the expander swaps channels 0 and 1",
        units=("rfc_expander", "head"),
        patch=_altering(RfcExpander, "o", swap("dense", "values")),
    ),
    "store_forgets": Fault(
        text="the row store loses the lowest bit of a mask",
        units=("row_store", "spatial_unit_identity", "network"),
        patch=_altering(RowStore, "i", stuck_at_zero("mask")),
    ),
    "mac_forgets_borrow": Fault(
        text="the packed MAC does not correct its upper sum",
        units=("packed_mac_dsp48e2", "packed_mac_dsp48e1", "packed_mac_inferred"),
        patch=lambda: replaced(PackedMacConfig, "unpack", _no_borrow),
    ),
    "shortcut_swaps": Fault(
        text="the shortcut swaps two channels",
        units=("shortcut_reader", "block_identity"),
        patch=_altering(ShortcutReader, "o", swap("res")),
    ),
    "loader_drops": Fault(
        text="the loader loses one token in 11", units=("row_loader",), patch=_altering(RowLoader, "o", drop(11))
    ),
    "frame_buffer_drops": Fault(
        text="the frame buffer loses one token in 11",
        units=("frame_buffer",),
        patch=_altering(FrameBuffer, "o", drop(11)),
    ),
    "graph_swaps": Fault(
        text="the graph unit swaps two joints",
        units=("graph_unit", "block_conv"),
        patch=_altering(GraphUnit, "o", swap()),
    ),
    "dead_zone_off_by_one": Fault(
        text="the dead zone of Z ends one early",
        units=("graph_unit", "spatial_unit_conv", "spatial_lanes_conv", "network"),
        patch=lambda: replaced(graph_unit, "saturate", _smaller_dead_zone),
    ),
    "array_swaps": Fault(
        text="the 1x1 array swaps two channels",
        units=("conv_array", "spatial_unit_conv"),
        patch=_altering(ConvArray, "o", swap("acc")),
    ),
    "row_buffer_swaps": Fault(
        text="the row buffer swaps two channels",
        units=("row_buffer",),
        patch=_altering(RowBuffer, "o", swap("values")),
    ),
    "corner_turn_swaps": Fault(
        text="the corner turn swaps two entries",
        units=("corner_turn", "spatial_lanes_conv"),
        patch=_altering(CornerTurn, "o", swap("values")),
    ),
    "lane_swaps": Fault(
        text="a lane swaps two sums",
        units=("temporal_lane", "temporal_unit_conv", "spatial_lanes_identity"),
        patch=_altering(Lane, "o", swap()),
    ),
    "combine_swaps": Fault(
        text="the combiner swaps two channels",
        units=("temporal_unit_identity",),
        patch=_altering(Combine, "o", swap("values")),
    ),
    "input_swaps": Fault(
        text="the input swaps two coordinates",
        units=("input_affine", "network"),
        patch=_altering(InputAffine, "i", swap()),
    ),
    "raw_joint_is_never_missing": Fault(
        text="the marker of a missing joint is taken for a coordinate",
        units=("raw_joint", "raw_bone", "raw_bone_motion", "raw_corner"),
        patch=lambda: replaced(raw_frames, "MARKER", 1 << 15),
    ),
    "raw_frames_swap": Fault(
        text="the frames of raw joints swap two coordinates",
        units=("raw_joint", "raw_bone", "raw_joint_motion", "raw_bone_motion"),
        patch=_altering(RawFrames, "o", swap()),
    ),
    "raw_motion_drops": Fault(
        text="motion loses one joint in 11", units=("raw_joint_motion",), patch=_altering(RawMotion, "i", drop(11))
    ),
    "nobody_is_absent": Fault(
        text="the head takes absent persons for present ones",
        units=("absent_persons", "network"),
        patch=_altering(AbsentPersons, "persons", stuck_at_zero("absent")),
    ),
    "head_drops": Fault(
        text="the head loses one vector in 50", units=("head",), patch=_altering(Head, "i", drop(50))
    ),
}


@contextmanager
def plant(name: str) -> Iterator[None]:
    """Inside, every component is elaborated with the fault ``name``; an empty name is none."""
    if not name:
        yield
        return
    with FAULTS[name].patch():
        yield
