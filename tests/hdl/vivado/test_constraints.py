import pytest
from vivado_commands import check_script
from vivado_stub import interpreter, run_tcl

from hypgcn.vivado import VivadoSettings
from hypgcn.vivado.constraints import in_context_xdc, out_of_context_xdc

PORTS = [{"name": "aclk", "direction": "input", "width": 1}, {"name": "s_axis_tdata", "direction": "input", "width": 8},
         {"name": "irq", "direction": "output", "width": 1}]


def test_texts():
    settings = VivadoSettings(mhz=200, name="core")
    assert out_of_context_xdc(settings, PORTS).splitlines()[1:] == [
        "create_clock -name aclk -period 5.000 [get_ports aclk]",
        "", "set_input_delay -clock aclk 1.500 [get_ports {s_axis_tdata[*]}]",
        "", "set_output_delay -clock aclk 1.500 [get_ports {irq}]",
    ]
    assert "create_clock" not in in_context_xdc(settings)
    check_script(out_of_context_xdc(settings, PORTS), in_context_xdc(settings))


@pytest.mark.skipif(interpreter() is None, reason="there is neither tclsh nor a tkinter with its Tcl")
def test_every_port_of_the_core_is_constrained(emitted, tmp_path):
    folder, emission, settings = emitted
    names = [port["name"] for port in emission.sidecar["ports"]]
    script = folder / f"constraints/{settings.name}_ooc.xdc"
    calls = run_tcl(script, ports=names, folder=tmp_path)
    assert sum(name.startswith("set_") for name, _ in calls) == len(names) - 1
    with pytest.raises(ValueError, match="no port m_axis_tdata"):
        run_tcl(script, ports=[name for name in names if name != "m_axis_tdata"], folder=tmp_path)
    assert run_tcl(folder / f"constraints/{settings.name}.xdc", ports=names, folder=tmp_path)
