import pytest

pytest.importorskip("amaranth_boards", reason="the extra 'boards' is not installed")

from hypgcn.boards import platforms  # noqa: E402
from hypgcn.boards.board import BOARDS  # noqa: E402


@pytest.mark.parametrize("name", BOARDS)
def test_boards_have_clock_and_uart(name):
    entry = BOARDS[name]
    platform = getattr(platforms, entry.platform)()
    assert platform.default_clk_frequency == entry.clock_hz
    assert {"rx", "tx"} <= {part.name for part in platform.lookup("uart", 0).ios}


def test_kcu105_pins():
    platform = platforms.Kcu105()
    pins = {part.name: part.ios[0].names for part in platform.lookup("uart", 0).ios}
    assert pins == {"rx": ["G25"], "tx": ["K26"]}
    assert platform.default_rst == "cpu_reset"


def test_part_of_the_xcku115():
    platform = platforms.Xcku115(clock=("A1", "A2"), clock_hz=100e6, rx="B1", tx="B2", reset="C1", reset_low=True)
    assert platform._part == "xcku115-flvb2104-2-e"
    assert platform.default_clk_frequency == 100e6
    assert platform.lookup("reset", 0).ios[0].invert
    assert platforms.Xcku115(clock=("A1",), clock_hz=50e6, rx="B1", tx="B2").default_rst is None


@pytest.mark.parametrize(("field", "value"), [("clock", ()), ("clock", ("A", "B", "C")), ("clock_hz", 0)])
def test_rejects(field, value):
    with pytest.raises(ValueError, match=f"{field} must be"):
        platforms.Xcku115(**{**dict(clock=("A1",), clock_hz=1e6, rx="B1", tx="B2"), field: value})
