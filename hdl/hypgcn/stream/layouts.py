"""Payloads of all streams, in one place."""

from collections.abc import Sequence

from amaranth import *
from amaranth.lib import data

from ..design import BANK, MINI_BANKS
from ..design.raw_input import RAW_BITS

__all__ = ["MINI", "dense_layout", "slice_layout", "vector_layout", "token_layout", "token_pair_layout",
           "row_request_layout", "row_response_layout", "joint_layout", "marked_joint_layout", "person_joint_layout",
           "place_layout",
           "person_layout", "observe_layout",
           "order_layout", "result_layout", "activity_layout", "beat_layout", "word_layout", "clip_layout",
           "frame_byte_layout"]

MINI = BANK // MINI_BANKS
"""Values of one mini-bank entry, int8."""


def dense_layout() -> data.StructLayout:
    """One vector with its zeros: 16 channels (a bank) of one joint and frame.

    Members
    -------
    values : 16 x signed(8)
        In channel order.
    overflow : 1
        A store upstream has lost values in this clip so far.
    """
    return data.StructLayout({"values": data.ArrayLayout(signed(8), BANK), "overflow": 1})


def slice_layout(width: int) -> data.StructLayout:
    """A slice of a vector with its zeros: ``width`` neighbouring channels; slices of a vector follow each other.

    Members
    -------
    values : width x signed(8)
        In channel order.
    overflow : 1
        As in :func:`dense_layout`; that of the last slice counts.
    last : 1
        Last slice of its vector: the channels behind it are 0.
    """
    return data.StructLayout({"values": data.ArrayLayout(signed(8), width), "overflow": 1, "last": 1})


def vector_layout() -> data.StructLayout:
    """One compressed vector: 16 channels of one joint and frame without their zeros.

    Members
    -------
    mask : 16
        Bit c is set when channel c is not zero.
    values : 16 x signed(8)
        The non-zeros in channel order, packed to the low indices; zero above them.
    overflow : 1
        As in :func:`dense_layout`.
    """
    return data.StructLayout({"mask": BANK, "values": data.ArrayLayout(signed(8), BANK), "overflow": 1})


def meta_vector_layout(meta) -> data.StructLayout:
    """A compressed ``vector`` with side-band data ``meta``."""
    return data.StructLayout({"vector": vector_layout(), "meta": meta})


def meta_dense_layout(meta) -> data.StructLayout:
    """A vector with its zeros, ``dense``, with side-band data ``meta``."""
    return data.StructLayout({"dense": dense_layout(), "meta": meta})


def token_layout(meta) -> data.StructLayout:
    """One non-zero value of a vector; a vector without non-zeros is one token with ``value`` 0 and ``last``.

    Members
    -------
    channel : range(16)
        Channel within the bank.
    value : signed(8)
        The value.
    meta : meta
        Side-band data of the vector.
    last : 1
        Last token of the vector.
    """
    return data.StructLayout({"channel": range(BANK), "value": signed(8), "meta": meta, "last": 1})


def token_pair_layout(meta) -> data.StructLayout:
    """Two non-zero values of a vector, or one and a zero; a vector without non-zeros is one such pair of zeros.

    Members
    -------
    channels : 2 x range(16)
        Channel of each value within the bank.
    values : 2 x signed(8)
        The values.
    meta : meta
        Side-band data of the vector.
    last : 1
        Last pair of the vector.
    """
    return data.StructLayout({"channels": data.ArrayLayout(range(BANK), 2), "values": data.ArrayLayout(signed(8), 2),
                              "meta": meta, "last": 1})


def row_request_layout(rows: int, joints: int, banks: int, tag) -> data.StructLayout:
    """A read of one vector of a row store.

    Members
    -------
    slot : range(rows)
        Row slot of the store.
    joint : range(joints)
        Joint.
    bank : range(banks)
        Bank of 16 channels.
    tag : tag
        Returned with the response.
    """
    return data.StructLayout({"slot": range(max(2, rows)), "joint": range(max(2, joints)),
                              "bank": range(max(2, banks)), "tag": tag})


def row_response_layout(tag) -> data.StructLayout:
    """Response to a read.

    Members
    -------
    vector : vector_layout()
        The vector.
    empty : 1
        The vector has no non-zeros.
    tag : tag
        Tag of the request.
    """
    return data.StructLayout({"vector": vector_layout(), "empty": 1, "tag": tag})


def joint_layout(channels: int, width: int = 8) -> data.ArrayLayout:
    """Coordinates of one joint, ``channels`` x signed(``width``)."""
    return data.ArrayLayout(signed(width), channels)


def place_layout(channels: int) -> data.StructLayout:
    """A raw joint in the frame that it belongs to.

    Members
    -------
    joint : joint_layout(channels, 16)
        Its coordinates, or those that it is held at.
    known : 1
        It has coordinates: its own, or those of an earlier frame.
    """
    return data.StructLayout({"joint": joint_layout(channels, RAW_BITS), "known": 1})


def marked_joint_layout(channels: int, width: int = 8) -> data.StructLayout:
    """A joint with a flag for zeros.

    Members
    -------
    joint : joint_layout(channels, width)
        Its coordinates.
    zero : 1
        All of them are 0.
    """
    return data.StructLayout({"joint": joint_layout(channels, width), "zero": 1})


def person_joint_layout(channels: int, persons: int, width: int = 8) -> data.StructLayout:
    """A joint with its person.

    Members
    -------
    joint : joint_layout(channels, width)
        Its coordinates.
    person : range(persons)
        Index of the person in the clip.
    """
    return data.StructLayout({"joint": joint_layout(channels, width), "person": range(max(2, persons))})


def person_layout() -> data.StructLayout:
    """One person of a clip.

    Members
    -------
    absent : 1
        Its response is a constant, and none of its data is in the network.
    """
    return data.StructLayout({"absent": 1})


def observe_layout() -> data.StructLayout:
    """Observation port of a stream of vectors.

    Members
    -------
    valid : 1
        High in the cycle of a transfer.
    payload : vector_layout()
        The vector that is transferred.
    """
    return data.StructLayout({"valid": 1, "payload": vector_layout()})


def order_layout(lanes: int) -> data.StructLayout:
    """Lane of the next result in order.

    Members
    -------
    lane : range(lanes)
        Its index, for multiplexers.
    chosen : lanes
        Its index one-hot, for enables.
    """
    return data.StructLayout({"lane": range(max(2, lanes)), "chosen": lanes})


def slot_layout(rows: int) -> data.StructLayout:
    """One row of a row store, by its row ``slot``."""
    return data.StructLayout({"slot": range(max(2, rows))})


def residual_layout(width: int) -> data.StructLayout:
    """``res``: a slice of ``width`` neighbouring channels of one joint, the addend of a shortcut."""
    return data.StructLayout({"res": data.ArrayLayout(signed(8), width)})


def result_layout(classes: int, logit_width: int, stream_widths: Sequence[int] = ()) -> data.StructLayout:
    """Score of one class of a clip.

    Members
    -------
    index : range(classes)
        Class.
    score : signed(logit_width)
        Its logit, or the sum of an ensemble.
    last : 1
        Last class of the clip.
    overflow : 1
        A store has lost values in this clip; the same on all classes.
    stream0, stream1, ... : signed(stream_widths[0]), ...
        Logit of the class of each network of an ensemble.
    """
    return data.StructLayout({"index": range(max(2, classes)), "score": signed(logit_width), "last": 1, "overflow": 1,
                              **{f"stream{index}": signed(width) for index, width in enumerate(stream_widths)}})


def activity_layout() -> data.StructLayout:
    """``valid`` and ``ready`` of input and output of a block, for the performance counters."""
    return data.StructLayout({"i_valid": 1, "i_ready": 1, "o_valid": 1, "o_ready": 1})


def beat_layout(size: int) -> data.StructLayout:
    """A beat of AXI4-Stream input of ``size`` bytes.

    Members
    -------
    data : 8 * size
        Lowest byte first.
    keep : size
        One bit per byte.
    last : 1
        Last beat of the packet.
    """
    return data.StructLayout({"data": 8 * size, "keep": size, "last": 1})


def word_layout() -> data.StructLayout:
    """A 32-bit word of a result, ``last`` on the result's last."""
    return data.StructLayout({"data": 32, "last": 1})


def frame_byte_layout() -> data.StructLayout:
    """A byte of the payload of a UART frame, ``last`` on the payload's last."""
    return data.StructLayout({"data": 8, "last": 1})


def clip_layout() -> data.StructLayout:
    """Side-band data of a clip, from its input packet to its result.

    Members
    -------
    short, late, keep : 1
        Defects of the packet, see :data:`hypgcn.shell.registers.RESULT_FLAGS`.
    start : 32
        Cycle of the first beat, modulo 2**32.
    """
    return data.StructLayout({"short": 1, "late": 1, "keep": 1, "start": 32})
