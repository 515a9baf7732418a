# amaranth: UnusedElaboratable=no
import pytest
from amaranth.hdl import Module, signed, unsigned
from amaranth.lib import data, stream

from hypgcn.stream import connect


def interface(shape):
    return stream.Signature(shape).create()


@pytest.mark.parametrize("ours,theirs", [
    (8, unsigned(8)), (range(16), 4), (signed(8), signed(8)),
    (data.StructLayout({"a": range(4), "b": signed(3)}), data.StructLayout({"a": 2, "b": signed(3)})),
    (data.ArrayLayout(signed(2), 3), data.ArrayLayout(signed(2), 3)),
])
def test_accepts(ours, theirs):
    connect(Module(), interface(ours), stream.Signature(theirs).flip().create())


@pytest.mark.parametrize("ours,theirs", [
    (8, signed(8)), (8, data.StructLayout({"a": 8})),
    (data.StructLayout({"a": 2, "b": 3}), data.StructLayout({"b": 3, "a": 2})),
    (data.StructLayout({"a": 2, "b": 3}), data.StructLayout({"a": 2, "b": signed(3)})),
    (data.ArrayLayout(signed(2), 3), data.ArrayLayout(signed(3), 2)),
])
def test_rejects(ours, theirs):
    with pytest.raises(TypeError, match="sink must take the payload"):
        connect(Module(), interface(ours), stream.Signature(theirs).flip().create())
