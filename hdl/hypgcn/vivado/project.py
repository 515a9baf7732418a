"""Vivado project of a design or an ensemble: RTL, constraints and Tcl."""

import dataclasses
import hashlib
import json
import re
from pathlib import Path
from typing import Any

from .. import __version__
from ..design import Design
from ..design.ensemble import Ensemble
from ..design.ensemble_folding import Foldings, foldings_of
from ..design.files import folder_lock
from ..design.names import check_vivado_folder
from ..emission.emit import Emission, remove_emission
from ..emission.update import update_files
from ..generate import generate, generate_ensemble
from ..planning.part import Part
from .block_design_tcl import block_design_tcl
from .budget import choose_folding
from .constraints import in_context_xdc, out_of_context_xdc
from .package_tcl import package_tcl, revision, vlnv
from .project_tcl import Sources, build_tcl
from .settings import VivadoSettings
from .zynqmp_design_tcl import has_processing_system, zynqmp_design_tcl

__all__ = ["RTL", "ZYNQMP", "core_name", "sources_of", "vivado_files", "write_project"]

RTL = "rtl"
"""Folder of the emitted core in that of the project."""

ZYNQMP = "block_design_zynqmp.tcl"
"""Script of the example with a processing system; only for parts that have it."""

_REPORTS = Path(__file__).with_name("reports.tcl")


def sources_of(emission: Emission) -> Sources:
    """Emitted files by the way Vivado reads them. Models of primitives are left out: Vivado has its own."""
    def files(suffix):
        return [f"{RTL}/{name}" for name in sorted(emission.files) if name.endswith(suffix) and "/" not in name]
    return {"rtl": files(".sv"), "memory": files(".mem")}


def core_name(settings: VivadoSettings, network: Design | Ensemble, folding: Foldings) -> str:
    """Name of the top module and of the IP, with 8 digits of a hash of everything that the core is made from.

    Two cores in one project then share neither a module nor an IP.
    """
    if settings.exact_name:
        return settings.name
    foldings = [one.to_dict() for one in foldings_of(folding)]
    content = json.dumps([__version__, network.hash, foldings if isinstance(network, Ensemble) else foldings[0],
                          settings.bus_width])
    return f"{settings.name}_{hashlib.sha256(content.encode()).hexdigest()[:8]}"


def vivado_files(emission: Emission, settings: VivadoSettings) -> dict[str, str]:
    """{path: text} of the constraints and the Tcl around ``emission``; equal for equal emission and settings."""
    sources = sources_of(emission)
    kind, name, content, macs = _made_of(emission.sidecar["parameters"])
    texts = {
        **dict(zip(_constraints(settings.name), (out_of_context_xdc(settings, emission.sidecar["ports"]),
                                                 in_context_xdc(settings)))),
        "reports.tcl": _REPORTS.read_text(encoding="utf-8"),
        "build.tcl": build_tcl(settings, sources),
        "package.tcl": package_tcl(settings, sources, f"{kind} {name}", revision(emission.files), macs),
        "block_design.tcl": block_design_tcl(settings),
        "project.json": json.dumps({
            "generator": "hypgcn", "name": settings.name, "part": settings.part, "period_ns": float(settings.period),
            "bus_width": settings.bus_width, "ip": vlnv(settings), kind: name, "hash": content,
        }, indent=1) + "\n",
    }
    if has_processing_system(settings.part):
        texts[ZYNQMP] = zynqmp_design_tcl(settings)
    return texts


def _made_of(parameters: dict) -> tuple[str, str, str, list[str]]:
    """Kind, name and hash of the network in a sidecar, and the forms of its MACs."""
    kind = "ensemble" if "ensemble" in parameters else "design"
    entry = parameters[kind]
    foldings = [row["folding"] for row in entry["streams"]] if kind == "ensemble" else [parameters["folding"]]
    return kind, entry["name"], entry["hash"], sorted({folding["mac"] for folding in foldings})


def _constraints(name):
    return f"constraints/{name}_ooc.xdc", f"constraints/{name}.xdc"


def write_project(network: Design | Ensemble, folding: Foldings | None, out_dir, settings: VivadoSettings, *,
                  progress=None) -> Emission:
    """Emit the core of ``network`` into ``out_dir/rtl``, and write constraints and Tcl around it.

    Parameters
    ----------
    network : Design or Ensemble
    folding : Folding, tuple of Folding, or None
        Of an ensemble one a network. ``None``: chosen for the part, see :func:`~hypgcn.vivado.budget.choose_folding`.
    out_dir : path
        Folder of the project; files of an earlier one in it are replaced.
    settings : VivadoSettings
    progress : callable or None
        Called as ``progress(done, total, text)``.

    Returns
    -------
    Emission
        Its ``name`` is that of the top module, see :func:`core_name`.

    Raises
    ------
    ValueError
        Before any work: Vivado does not support the folder, or the part cannot do the folding's multipliers.
    """
    out, part = Path(out_dir), Part.parse(settings.part)
    check_vivado_folder("out", out)
    for one in foldings_of(folding) if folding is not None else ():
        part.check_form(one.mac)
    folding = folding or choose_folding(network, part)
    settings = dataclasses.replace(settings, name=core_name(settings, network, folding), exact_name=True)
    options: dict[str, Any] = {"name": settings.name, "bus_width": settings.bus_width, "part": settings.part,
                               "progress": progress}
    emission = (generate_ensemble(network, foldings_of(folding), None, **options) if isinstance(network, Ensemble) else
                generate(network, foldings_of(folding)[0], None, **options))
    with folder_lock(out):
        earlier = _earlier_name(out)
        emission.write(out / RTL)
        texts = vivado_files(emission, settings)
        update_files(out, texts)
        if ZYNQMP not in texts:
            (out / ZYNQMP).unlink(missing_ok=True)  # of an earlier part
        if earlier not in (None, settings.name):
            remove_emission(out / RTL, earlier, keep=emission.files)
            for path in _constraints(earlier):
                (out / path).unlink(missing_ok=True)
    return emission


def _earlier_name(out):
    """Name of the core of the project that is in ``out`` already, or ``None``."""
    try:
        data = json.loads((out / "project.json").read_text(encoding="utf-8"))
        name = data["name"] if data["generator"] == "hypgcn" else ""
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return name if isinstance(name, str) and re.fullmatch(r"\w+", name, re.ASCII) else None
