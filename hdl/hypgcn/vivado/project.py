"""Vivado project of a design: RTL, constraints and Tcl."""

import json
from pathlib import Path

from ..design import Design
from ..design.folding import Folding
from ..emission.emit import Emission
from ..emission.update import update_files
from ..generate import generate
from .block_design_tcl import block_design_tcl
from .constraints import in_context_xdc, out_of_context_xdc
from .package_tcl import package_tcl, revision, vlnv
from .project_tcl import Sources, build_tcl
from .settings import VivadoSettings

__all__ = ["RTL", "sources_of", "vivado_files", "write_project"]

RTL = "rtl"
"""Folder of the emitted core in that of the project."""

_REPORTS = Path(__file__).with_name("reports.tcl")


def sources_of(emission: Emission) -> Sources:
    """Emitted files by the way Vivado reads them. Models of primitives are left out: Vivado has its own."""
    def files(suffix):
        return [f"{RTL}/{name}" for name in sorted(emission.files) if name.endswith(suffix) and "/" not in name]
    return {"rtl": files(".sv"), "memory": files(".mem")}


def vivado_files(emission: Emission, settings: VivadoSettings) -> dict[str, str]:
    """{path: text} of the constraints and the Tcl around ``emission``; equal for equal emission and settings."""
    sources = sources_of(emission)
    design = emission.sidecar["parameters"]["design"]["name"]
    return {
        f"constraints/{settings.name}_ooc.xdc": out_of_context_xdc(settings, emission.sidecar["ports"]),
        f"constraints/{settings.name}.xdc": in_context_xdc(settings),
        "reports.tcl": _REPORTS.read_text(),
        "build.tcl": build_tcl(settings, sources),
        "package.tcl": package_tcl(settings, sources, design, revision(emission.files)),
        "block_design.tcl": block_design_tcl(settings),
        "project.json": json.dumps({
            "generator": "hypgcn", "name": settings.name, "part": settings.part, "period_ns": float(settings.period),
            "bus_width": settings.bus_width, "ip": vlnv(settings), "design": design,
            "hash": emission.sidecar["parameters"]["design"]["hash"],
        }, indent=1) + "\n",
    }


def write_project(design: Design, folding: Folding | None, out_dir, settings: VivadoSettings, *,
                  progress=None) -> Emission:
    """Emit the core of ``design`` into ``out_dir/rtl``, write constraints and Tcl around it; returns the emission."""
    emission = generate(design, folding, Path(out_dir) / RTL, name=settings.name, bus_width=settings.bus_width,
                        progress=progress)
    update_files(out_dir, vivado_files(emission, settings))
    return emission
