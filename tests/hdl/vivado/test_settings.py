import pytest

from hypgcn.vivado import VivadoSettings


@pytest.mark.parametrize(("mhz", "period"), [(100, "10.000"), (172.0, "5.813"), (300, "3.333"), (1, "1000.000")])
def test_period_is_never_too_long(mhz, period):
    settings = VivadoSettings(mhz=mhz)
    assert settings.period == period
    assert 1000 / float(settings.period) >= mhz


def test_the_part_is_spelt_as_vivado_does():
    assert VivadoSettings(part="XCVC1902-VSVA2197-2mp-E-s").part == "xcvc1902-vsva2197-2MP-e-S"


@pytest.mark.parametrize(("field", "value", "error"), [
    ("part", "ku115", ValueError), ("part", "xcku115 flvb2104", ValueError), ("part", 7, ValueError),
    ("mhz", 0, ValueError), ("mhz", 1001, ValueError), ("mhz", "fast", TypeError), ("mhz", True, TypeError),
    ("name", "2s", ValueError), ("name", "a b", ValueError), ("name", "module", ValueError),
    ("name", "hypgcn_ram", ValueError), ("jobs", 0, ValueError), ("jobs", 65, ValueError),
    ("jobs", 1.5, TypeError),
])
def test_rejects(field, value, error):
    with pytest.raises(error, match=f"{field} must be"):
        VivadoSettings(**{field: value})
