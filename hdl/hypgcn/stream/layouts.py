"""Payloads of all streams, in one place."""

from amaranth import *
from amaranth.lib import data

from ..design import BANK, MINI_BANKS

__all__ = ["MINI", "dense_layout", "vector_layout", "token_layout", "row_request_layout", "row_response_layout",
           "joint_layout", "marked_joint_layout", "person_joint_layout", "person_layout", "observe_layout",
           "order_layout", "result_layout", "activity_layout", "beat_layout", "word_layout", "clip_layout",
           "frame_byte_layout"]

MINI = BANK // MINI_BANKS
"""Values of one mini-bank entry."""


def dense_layout() -> data.StructLayout:
    """One vector with its zeros: 16 channels of one joint and frame.

    ``values`` int8, channel order; ``overflow``: a store upstream has lost values in this clip so far.
    """
    return data.StructLayout({"values": data.ArrayLayout(signed(8), BANK), "overflow": 1})


def vector_layout() -> data.StructLayout:
    """One compressed vector: ``mask`` bit c is set when channel c is not zero; ``values`` holds the non-zeros in
    channel order, packed to the low indices, the rest zero; ``overflow`` as in :func:`dense_layout`."""
    return data.StructLayout({"mask": BANK, "values": data.ArrayLayout(signed(8), BANK), "overflow": 1})


def meta_vector_layout(meta) -> data.StructLayout:
    """A compressed vector, and ``meta`` that goes with it unchanged."""
    return data.StructLayout({"vector": vector_layout(), "meta": meta})


def meta_dense_layout(meta) -> data.StructLayout:
    """A vector with its zeros, and ``meta`` that goes with it unchanged."""
    return data.StructLayout({"dense": dense_layout(), "meta": meta})


def token_layout(meta) -> data.StructLayout:
    """One non-zero value of a vector: ``channel`` 0..15 within its bank, ``value`` int8, ``meta`` copied from the
    vector, ``last`` on the vector's last token. A vector without non-zeros gives one token with ``value`` 0 and
    ``last``."""
    return data.StructLayout({"channel": range(BANK), "value": signed(8), "meta": meta, "last": 1})


def row_request_layout(rows: int, joints: int, banks: int, tag) -> data.StructLayout:
    """A read of one vector of a row store: ``slot`` of the row, ``joint``, ``bank``; ``tag`` comes back with it."""
    return data.StructLayout({"slot": range(max(2, rows)), "joint": range(max(2, joints)),
                              "bank": range(max(2, banks)), "tag": tag})


def row_response_layout(tag) -> data.StructLayout:
    """The vector of a read, whether it is ``empty`` (without non-zeros), and the request's ``tag``."""
    return data.StructLayout({"vector": vector_layout(), "empty": 1, "tag": tag})


def joint_layout(channels: int) -> data.ArrayLayout:
    """The raw coordinates of one joint, ``channels`` x int8."""
    return data.ArrayLayout(signed(8), channels)


def marked_joint_layout(channels: int) -> data.StructLayout:
    """A joint, and whether all its coordinates are ``zero``."""
    return data.StructLayout({"joint": joint_layout(channels), "zero": 1})


def person_joint_layout(channels: int, persons: int) -> data.StructLayout:
    """A joint, and the index of the ``person`` in its clip."""
    return data.StructLayout({"joint": joint_layout(channels), "person": range(max(2, persons))})


def person_layout() -> data.StructLayout:
    """One person of a clip: ``absent`` when its response is a constant and nothing of it is in the network."""
    return data.StructLayout({"absent": 1})


def observe_layout() -> data.StructLayout:
    """What an observation port shows: ``valid`` in the cycle of a transfer, and the vector."""
    return data.StructLayout({"valid": 1, "payload": vector_layout()})


def order_layout(lanes: int) -> data.StructLayout:
    """Whose result comes next: ``lane``, and the same as ``chosen``, a bit per lane."""
    return data.StructLayout({"lane": range(max(2, lanes)), "chosen": lanes})


def slot_layout(rows: int) -> data.StructLayout:
    """One row of a row store, by the ``slot`` it is in."""
    return data.StructLayout({"slot": range(max(2, rows))})


def residual_layout(width: int) -> data.StructLayout:
    """``res``: ``width`` neighbouring channels of one joint, as a shortcut adds them."""
    return data.StructLayout({"res": data.ArrayLayout(signed(8), width)})


def result_layout(classes: int, logit_width: int) -> data.StructLayout:
    """One class score of a clip: ``index`` of the class, ``score``, ``last`` on the clip's last class, ``overflow`` (a
    store lost values in this clip; the same on all classes)."""
    return data.StructLayout({"index": range(max(2, classes)), "score": signed(logit_width), "last": 1, "overflow": 1})


def activity_layout() -> data.StructLayout:
    """``valid`` and ``ready`` of both sides of a block, for counting."""
    return data.StructLayout({"i_valid": 1, "i_ready": 1, "o_valid": 1, "o_ready": 1})


def beat_layout(size: int) -> data.StructLayout:
    """A beat of AXI4-Stream input of ``size`` bytes: ``data``, the lowest byte first; ``keep`` one bit per byte;
    ``last`` of the packet."""
    return data.StructLayout({"data": 8 * size, "keep": size, "last": 1})


def word_layout() -> data.StructLayout:
    """A word of a result on its way out, ``last`` on the result's last."""
    return data.StructLayout({"data": 32, "last": 1})


def frame_byte_layout() -> data.StructLayout:
    """A byte of a frame's payload, ``last`` on the payload's last."""
    return data.StructLayout({"data": 8, "last": 1})


def clip_layout() -> data.StructLayout:
    """What goes past the network with a clip: what its packet was like, ``short``, ``late`` and ``keep`` as in
    :data:`hypgcn.shell.registers.RESULT_FLAGS`, and ``start``, the cycle of its first beat, modulo 2^32."""
    return data.StructLayout({"short": 1, "late": 1, "keep": 1, "start": 32})
