import pytest

pytest.importorskip("amaranth_boards", reason="the extra 'boards' is not installed")

from hypgcn.boards import platforms  # noqa: E402
from hypgcn.boards.board_top import add_sources  # noqa: E402
from hypgcn.boards.project import plan  # noqa: E402
from hypgcn.emission.emit import Emission  # noqa: E402

EMISSION = Emission("other_name", {"other_name.sv": "text\n", "sim/model.sv": "model\n"})


def test_sources_without_models():
    platform = platforms.Ulx3s85f()
    add_sources(platform, EMISSION)
    assert platform.extra_files == {"other_name.sv": "text\n"}


@pytest.mark.parametrize(("make", "led"), [
    (platforms.Kcu105, True), (lambda: platforms.Xcku115(clock=("A1",), clock_hz=1e8, rx="B1", tx="B2"), False)])
def test_core_is_between_the_pins(make, led):
    files = plan(EMISSION, make()).files
    text = files["top.v"]
    assert "other_name core (" in text
    for port in ("clk", "rst", "rx", "tx", "busy"):
        assert f".{port}(" in text
    assert ("led_0" in files["top.xdc"]) is led
