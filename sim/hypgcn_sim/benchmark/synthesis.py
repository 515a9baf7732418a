"""Resources of a whole network from Yosys: a block at a time, modules with many instances once.

A flat network is more than Yosys can hold. In every block the units and the shared modules keep their hierarchy, so a
lane or a packed multiplier is mapped once and its resources are multiplied by its instances.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from hypgcn.absent import AbsentPersons, leaves_out
from hypgcn.block import Block, BlockConfig
from hypgcn.design import BANK, Design
from hypgcn.design.files import write_json
from hypgcn.design.folding import Folding
from hypgcn.emission.emit import emit
from hypgcn.head import Head
from hypgcn.input import InputAffine
from hypgcn.network import boundary_widths
from hypgcn.raw_input import RawPreparation
from hypgcn.rfc import skid_behind

from ..synthesis.levels.parts import unit_of
from ..synthesis.units import map_rtl, resources

__all__ = ["KEYS", "Part", "map_folder", "map_parts", "network_parts", "resources_by_module", "synthesise_network",
           "total"]

KEYS = ("lut", "ff", "carry4", "dsp", "bram36")
UNITS = re.compile(r"x_store|h_skid|(?:spatial|temporal)\.[^.]+")
"""Instances in a block whose modules keep their hierarchy, beside the shared ones."""
TIMEOUT = 3600

Part = tuple[Callable, int]
"""What makes a part, and how many instances of it there are."""


def resources_by_module(stat: dict, top: str) -> dict[str, dict]:
    """Resources of each module below ``top`` by itself, and its number of ``instances``.

    Parameters
    ----------
    stat : dict
        Of Yosys' ``stat -json``.
    top : str
        The top module.
    """
    modules = {name.lstrip("\\"): {cell.lstrip("\\"): count for cell, count in module["num_cells_by_type"].items()}
               for name, module in stat["modules"].items()}
    instances: Counter[str] = Counter()

    def count(name: str, times: int):
        instances[name] += times
        for cell, number in modules[name].items():
            if cell in modules:
                count(cell, times * number)
    count(top, 1)
    return {name: {**resources({cell: number for cell, number in modules[name].items() if cell not in modules}),
                   "instances": times} for name, times in instances.items()}


def total(modules: dict[str, dict]) -> dict[str, float]:
    """Sum over :func:`resources_by_module`."""
    return {key: sum(module[key] * module["instances"] for module in modules.values()) for key in KEYS}


def map_folder(folder: Path, sidecar: dict, *, timeout: float = TIMEOUT) -> dict[str, dict]:
    """Map the module ``top`` that was emitted into a folder.

    Parameters
    ----------
    folder : Path
        Holds the emitted text.
    sidecar : dict
        Of the emission: names the shared modules.
    timeout : float
        Seconds for Yosys.

    Returns
    -------
    dict
        ``modules`` of :func:`resources_by_module`, and ``levels`` by unit, of
        :meth:`hypgcn_sim.synthesis.levels.paths.Levels.as_dict`.
    """
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.sv")))
    names = set(re.findall(r"^module \\?([^\s(]+)", text, re.MULTILINE))
    kept = {module["name"] for module in sidecar["modules"][1:]}
    kept |= {name for place, name in sidecar["modules"][0]["inside"].items() if UNITS.fullmatch(place)}
    keep = "".join(f"setattr -mod -set keep_hierarchy 1 {name}; " for name in sorted(kept & names))
    stat, levels = map_rtl(folder, "top", before=keep, unit_of=unit_of, timeout=timeout)
    return {"modules": resources_by_module(stat, "top"), "levels": levels.as_dict()}


def network_parts(design: Design, folding: Folding) -> dict[str, Part]:
    """Parts of a network, by name.

    They are ``raw_input`` and ``absent`` (where they exist), ``input``, ``blocks[0]`` ..., ``head``, and ``skid`` and
    ``half_skid``, which stand between any two.

    Parameters
    ----------
    design, folding : Design, Folding
        The network and its lanes, widths and units.
    """
    absent = leaves_out(design, folding.skip_absent)
    parts: dict[str, Part] = {
        **({"raw_input": (lambda: RawPreparation(design), 1)} if design.raw is not None else {}),
        **({"absent": (lambda: AbsentPersons(design), 1)} if absent else {}),
        "input": (lambda: InputAffine(design, with_person=absent), 1),
        **{f"blocks[{index}]": (lambda index=index: Block(BlockConfig.of(design, folding, index)), 1)
           for index in range(len(design.blocks))},
        "head": (lambda: Head(design, folding.head_width, absent=absent), 1),
    }
    widths = boundary_widths(folding)
    wide = widths.count(BANK)
    for name, width, count in (("skid", BANK, wide), ("half_skid", min(widths), len(widths) - wide)):
        if count:
            parts[name] = (lambda width=width: skid_behind(width), count)
    return parts


def map_parts(parts: Mapping[str, Part], folder: Path, *, mapped: Path | None = None, jobs: int = 1,
              progress: Callable[[float, float, str], None] = lambda *_: None) -> dict[str, dict]:
    """Map parts, each by itself.

    Parameters
    ----------
    parts : mapping of str to Part
        By name; blocks have ``blocks[`` in theirs.
    folder : Path
        Folder for the emitted text.
    mapped : Path or None
        Keeps the mapped parts: one with the same text is not mapped again. ``None``: ``folder/mapped``.
    jobs : int
        Processes.
    progress : callable
        Called with done, total and a text.

    Returns
    -------
    dict
        By part: resources, ``modules`` and ``levels`` of :func:`map_folder`, and its number of instances, ``times``.
    """
    mapped = mapped or folder / "mapped"
    done = 0

    def report(name: str):
        nonlocal done
        done += 1
        progress(done, len(parts), f"{name} mapped")

    def map_one(name: str, place: Path, sidecar: dict, kept: Path) -> dict[str, dict]:
        if not kept.exists():
            write_json(kept, map_folder(place, sidecar))
        report(name)
        return json.loads(kept.read_text(encoding="utf-8"))

    texts: dict[str, Future] = {}       # equal parts are mapped once
    futures: dict[str, Future] = {}
    with ThreadPoolExecutor(jobs) as pool:
        # The last blocks, the largest, go first. Amaranth elaborates in this thread alone; the others run Yosys.
        for name in sorted(parts, key=lambda name: ("blocks[" in name, len(name), name), reverse=True):
            place = folder / re.sub(r"\W", "_", name).strip("_")
            emission = emit(parts[name][0](), "top", place)
            digest = hashlib.sha256(json.dumps(emission.files, sort_keys=True).encode()).hexdigest()[:32]
            if digest in texts:
                report(name)
            else:
                texts[digest] = pool.submit(map_one, name, place, emission.sidecar, mapped / f"{digest}_levels.json")
            futures[name] = texts[digest]
    results = {name: future.result() for name, future in futures.items()}
    return {name: {"times": parts[name][1], **results[name], **total(results[name]["modules"])} for name in parts}


def synthesise_network(design: Design, folding: Folding, folder: Path, *, jobs: int = 1,
                       progress: Callable[[float, float, str], None] = lambda *_: None) -> dict[str, dict]:
    """Map a network part by part: :func:`map_parts` of :func:`network_parts`."""
    return map_parts(network_parts(design, folding), folder, jobs=jobs, progress=progress)
