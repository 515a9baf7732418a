# amaranth: UnusedElaboratable=no
import pytest
from amaranth.hdl import Fragment, Instance, Module

from hypgcn.arith import PackedMac, PackedMacConfig
from hypgcn.emission.platform import RtlPlatform
from hypgcn.emission.shared import shared
from testbench import simulate


def test_is_the_component_itself_elsewhere():
    mac = PackedMac(PackedMacConfig(acc_width=20))
    assert shared(None, mac) is mac
    assert shared(object(), mac) is mac
    simulate(mac)


def test_is_an_instance_on_the_rtl_platform():
    platform = RtlPlatform("top", Module())
    macs = [PackedMac(PackedMacConfig(acc_width=width)) for width in (20, 20, 21)]
    parts = [shared(platform, mac) for mac in macs]
    assert all(part.raw is mac.raw for part, mac in zip(parts, macs))
    instances = [Fragment.get(part, platform) for part in parts]
    assert all(isinstance(instance, Instance) for instance in instances)
    assert [instance.type for instance in instances] == ["top_packed_mac", "top_packed_mac", "top_packed_mac_2"]
    assert [module.component for module in platform.modules[1:]] == [macs[0], macs[2]]


def test_attributes_that_are_not_there():
    mac = PackedMac(PackedMacConfig(acc_width=20))
    platform = RtlPlatform("top", mac)
    part = shared(platform, mac)
    Fragment.get(part, platform)
    with pytest.raises(AttributeError, match="nothing"):
        part.nothing  # noqa: B018
