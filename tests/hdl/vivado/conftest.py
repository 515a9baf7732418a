import pytest
from stub_core import StubCore

from hypgcn.emission.emit import Emission
from hypgcn.emission.platform import component_ports
from hypgcn.emission.update import update_files
from hypgcn.shell import ShellConfig
from hypgcn.shell.top import Top
from hypgcn.vivado import VivadoSettings
from hypgcn.vivado.project import vivado_files


@pytest.fixture(scope="session")
def emitted(tmp_path_factory):
    """(folder, emission, settings) of a project: the ports are those of a core, the sources only have names. Tests that
    run Tcl take a copy."""
    cfg = ShellConfig(persons=2, frames=3, joints=5, channels=3, classes=4, logit_width=20, blocks=1, hash="0" * 64)
    top = Top(cfg, StubCore(cfg))
    top._MustUse__used = top.core._MustUse__used = True  # only its ports are looked at
    ports = [{"name": name, "direction": flow.name.lower() + "put", "width": len(value)}
             for name, (value, flow) in component_ports(top).items()]
    files = {name: f"{name}\n" for name in ("hypgcn.sv", "hypgcn_lane.sv", "hypgcn_rom.sv", "hypgcn_w_1.mem",
                                            "hypgcn_w_2.mem", "sim/DSP48E2.sv")}
    emission = Emission("hypgcn", files, {"generator": "hypgcn", "ports": ports,
                                          "parameters": {"design": {"name": "smallest", "hash": "0" * 64},
                                                         "folding": {"mac": "dsp48e2"}}})
    settings = VivadoSettings(mhz=200)
    folder = tmp_path_factory.mktemp("vivado")
    emission.write(folder / "rtl")
    update_files(folder, vivado_files(emission, settings))
    return folder, emission, settings
