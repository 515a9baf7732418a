"""Resources of a whole network from Yosys: a block at a time, modules that appear many times once.

A flat network is more than Yosys can hold. Of every block the units and the shared modules keep their borders, so a
lane or a packed multiplier is mapped once and counted as often as it is there.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from hypgcn.absent import AbsentPersons, leaves_out
from hypgcn.block import Block, BlockConfig
from hypgcn.design import Design
from hypgcn.design.folding import Folding
from hypgcn.emission.emit import emit
from hypgcn.head import Head
from hypgcn.input import InputAffine
from hypgcn.stream import Skid
from hypgcn.stream.layouts import vector_layout

from ..fullscale.simulation import save_json
from ..synthesis.levels.parts import unit_of
from ..synthesis.units import map_rtl, resources

__all__ = ["KEYS", "map_folder", "resources_by_module", "synthesise_network", "total"]

KEYS = ("lut", "ff", "carry4", "dsp", "bram36")
UNITS = re.compile(r"top\.(?:x_store|h_skid|(?:spatial|temporal)\.[^.]+)")
"""Modules of a block that keep their borders, beside the shared ones."""
TIMEOUT = 3600


def resources_by_module(stat: dict, top: str) -> dict[str, dict]:
    """Of a ``stat -json``: per module below ``top`` its own resources and ``instances`` in the whole."""
    modules = {name.lstrip("\\"): {cell.lstrip("\\"): count for cell, count in found["num_cells_by_type"].items()}
               for name, found in stat["modules"].items()}
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
    return {key: sum(found[key] * found["instances"] for found in modules.values()) for key in KEYS}


def map_folder(folder: Path, sidecar: dict, *, timeout: float = TIMEOUT) -> dict[str, dict]:
    """Map what was emitted as ``top`` into ``folder``; ``modules``: :func:`resources_by_module`, ``levels``:
    :meth:`~.levels.paths.Levels.as_dict`, by unit."""
    text = "".join(path.read_text() for path in sorted(folder.glob("*.sv")))
    names = set(re.findall(r"^module \\?([^\s(]+)", text, re.MULTILINE))
    kept = {module["name"] for module in sidecar["modules"][1:]} | {name for name in names if UNITS.fullmatch(name)}
    keep = "".join(f"setattr -mod -set keep_hierarchy 1 {name}; " for name in sorted(kept & names))
    stat, levels = map_rtl(folder, "top", before=keep, unit_of=unit_of, timeout=timeout)
    return {"modules": resources_by_module(stat, "top"), "levels": levels.as_dict()}


def synthesise_network(design: Design, folding: Folding, folder: Path, *, jobs: int = 1,
                       progress: Callable[[float, float, str], None] = lambda *_: None) -> dict[str, dict]:
    """Per part (``absent``, ``input``, ``blocks[0]`` ..., ``head``, ``skid``): its ``modules`` and ``levels``, see
    :func:`map_folder`, and ``times`` that it is there. Parts whose text was mapped before are read from ``folder``."""
    absent = leaves_out(design, folding.skip_absent)
    parts: dict[str, tuple[Callable, int]] = {
        **({"absent": (lambda: AbsentPersons(design), 1)} if absent else {}),
        "input": (lambda: InputAffine(design, told=absent), 1),
        **{f"blocks[{index}]": (lambda index=index: Block(BlockConfig.of(design, folding, index)), 1)
           for index in range(len(design.blocks))},
        "head": (lambda: Head(design, folding.head_width, absent=absent), 1),
        "skid": (lambda: Skid(vector_layout()), len(design.blocks) + 1),
    }
    done = 0

    def mapped(name: str, place: Path, sidecar: dict, kept: Path) -> dict[str, dict]:
        nonlocal done
        if not kept.exists():
            save_json(map_folder(place, sidecar), kept)
        done += 1
        progress(done, len(parts), f"{name} mapped")
        return json.loads(kept.read_text())

    found: dict[str, Future] = {}
    with ThreadPoolExecutor(jobs) as pool:
        # The last blocks are the largest. Only Yosys runs beside: Amaranth elaborates in this thread alone.
        for name in sorted(parts, key=lambda name: (name.startswith("blocks"), len(name), name), reverse=True):
            place = folder / re.sub(r"\W", "_", name).strip("_")
            emission = emit(parts[name][0](), "top", place)
            digest = hashlib.sha256(json.dumps(emission.files, sort_keys=True).encode()).hexdigest()[:32]
            kept = folder / "mapped" / f"{digest}_levels.json"
            found[name] = pool.submit(mapped, name, place, emission.sidecar, kept)
    results = {name: future.result() for name, future in found.items()}
    return {name: {"times": parts[name][1], **results[name], **total(results[name]["modules"])} for name in parts}
