# amaranth: UnusedElaboratable=no
import pytest
from amaranth.hdl import Module, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hypgcn.emission.platform import RtlPlatform, component_ports


class Part(wiring.Component):
    i: In(stream.Signature(data.StructLayout({"a": signed(3), "none": 0})))
    tags: Out(stream.Signature(0)).array(2)
    raw: Out(signed(5))

    def __init__(self, cfg=()):
        self.cfg = cfg
        super().__init__()

    def elaborate(self, platform):
        return Module()


def test_ports():
    """Arrays of members get their index, and what has no bits is left out."""
    assert [(name, len(value), flow) for name, (value, flow) in component_ports(Part()).items()] == [
        ("i__payload", 3, In), ("i__valid", 1, In), ("i__ready", 1, Out),
        ("tags__0__valid", 1, Out), ("tags__0__ready", 1, In), ("tags__1__valid", 1, Out), ("tags__1__ready", 1, In),
        ("raw", 5, Out)]


def test_constant_ports():
    class Source(wiring.Component):
        o: Out(stream.Signature(8, always_valid=True))

    with pytest.raises(ValueError, match="port o__valid must not be constant"):
        component_ports(Source())


def test_names_and_order():
    class LongName(Part):
        pass

    platform = RtlPlatform("net", Part())
    assert platform.next_module().name == "net"
    types = [platform.share(component).type for component in (Part((1,)), LongName((1,)), Part((2,)), Part((1,)))]
    assert types == ["net_part", "net_long_name", "net_part_2", "net_part"]
    assert platform.modules[0].uses == {"net_part": 2, "net_long_name": 1, "net_part_2": 1}
    assert platform.next_module().name == "net_part"
    platform.share(Part((3,)))
    assert [platform.next_module().name for _ in range(3)] == ["net_long_name", "net_part_2", "net_part_3"]
    assert platform.next_module() is None


def test_unhashable_config():
    with pytest.raises(TypeError, match="cfg of a shared Part must be hashable"):
        RtlPlatform("net", Part()).share(Part([1]))


def test_memories():
    platform = RtlPlatform("net", Part())
    platform.next_module()
    places = [platform.memory("hypgcn_rom", width=9, depth=2, name="weights", holds=holds, init=[1, 511])
              for holds in ("weights of a layer", "")]
    images = [platform.images[int(place)] for place in places]
    assert [image.text for image in images] == ["001\n1ff\n"] * 2, "every memory has an image"
    assert [image.holds for image in images] == ["weights of a layer", "weights"]
    assert platform.memory("hypgcn_ram", width=4, depth=3) == platform.memory("hypgcn_ram", width=4, depth=3) == ""
    assert platform.modules[0].memories["hypgcn_ram", 4, 3] == 2
    assert set(platform.sources) == {"hypgcn_rom.sv", "hypgcn_ram.sv"}


class Named(Part):
    cfg = "same"


def test_parts_are_modules_of_their_own():
    """Called by their part; what they share with others is not."""
    platform = RtlPlatform("net", Part())
    platform.next_module()
    first, second = Named(), Named()
    names = [platform.share(component, part).type for component, part in ((first, "joint"), (second, "bone-motion"))]
    assert names == ["net_joint", "net_bone_motion"]
    module = platform.next_module()
    assert module.name == "net_joint" and module.component is first and module.part == "joint"
    platform.share(Named())
    module = platform.next_module()
    assert (module.name, module.part, module.component) == ("net_bone_motion", "bone_motion", second)
    platform.share(Named())     # the same module as that in the first part
    module = platform.next_module()
    assert (module.name, module.part) == ("net_named", "")
    assert platform.next_module() is None


def test_models():
    platform = RtlPlatform("net", Part())
    platform.model("DSP48E2")
    assert "module DSP48E2" in platform.sources["sim/DSP48E2.sv"]
