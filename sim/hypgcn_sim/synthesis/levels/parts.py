"""Logic levels of a network that is mapped in parts: by unit within a block, and over the skids between the parts."""

import re
from collections.abc import Mapping

from .paths import Levels, joined

__all__ = ["UNIT_NAMES", "by_unit", "network_levels", "streams_of", "unit_of"]

UNIT_NAMES = {
    "x_store.reader": "x_reads", "x_store": "x_store", "h_skid": "h_skid", "spatial.loader": "loader",
    "spatial.buffer": "buffer", "spatial.graph": "graph", "spatial.array": "conv", "spatial.requant": "h_requant",
    "spatial.rows": "h_rows", "spatial.encoder": "h_encoder", "spatial.shortcut": "h_shortcut",
    "temporal.store.reader": "h_reads", "temporal.store": "h_store", "temporal.window": "window",
    "temporal.dispatch": "dispatch", "temporal.lane": "lanes", "temporal.x_arbiter": "x_arbiter",
    "temporal.shortcut": "y_shortcut", "temporal.combine": "combine", "temporal.encoder": "y_encoder",
    "temporal": "temporal", "spatial": "spatial",
}
"""Where in a block the registers of a unit are, and its name; the first that fits counts. The counted units have
the names of :data:`hypgcn.block.BLOCK_UNITS`."""


def unit_of(name: str) -> str:
    """Unit of a block that a register belongs to; ``block`` for those of none."""
    return next((unit for place, unit in UNIT_NAMES.items() if re.match(rf"{re.escape(place)}(\d+)?\.", name)), "block")


def streams_of(blocks: int, absent: bool = False) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    """Streams between the parts of a network, (part, stream) to (part, stream); ``absent``: with the unit that leaves
    absent persons out."""
    chain = ["input"]
    for index in range(blocks):
        chain += [f"skid{index}", f"blocks[{index}]"]
    chain += ["skid_head", "head"]
    if absent:
        chain.insert(0, "absent")
    streams = [((source, "o"), (sink, "i")) for source, sink in zip(chain, chain[1:])]
    return [*streams, (("absent", "persons"), ("head", "persons"))] if absent else streams


def network_levels(parts: Mapping[str, dict]) -> dict:
    """``max_logic_levels`` of a network from the levels of its parts (``absent`` where it is, ``input``,
    ``blocks[0]`` ..., ``head``, and ``skid``, which stands between each two), the ``deepest`` path, and the deepest of
    each part and between parts."""
    found = {name: Levels.from_dict(levels) for name, levels in parts.items()}
    blocks = sum(name.startswith("blocks[") for name in found)
    skids = dict.fromkeys([*(f"skid{index}" for index in range(blocks)), "skid_head"], found["skid"])
    between = joined({**{name: part for name, part in found.items() if name != "skid"}, **skids},
                     streams_of(blocks, "absent" in found))
    paths = {name: part.registers for name, part in found.items() if part.registers}
    if between:
        paths["between parts"] = between
    worst = max(paths, key=lambda name: paths[name].levels)
    return {"max_logic_levels": paths[worst].levels, "deepest": {"part": worst, **paths[worst].as_dict()},
            "parts": {name: path.as_dict() for name, path in paths.items()},
            "unregistered": {name: part.unregistered for name, part in found.items() if part.unregistered}}


def by_unit(parts: Mapping[str, dict]) -> dict[str, dict]:
    """The deepest path of each unit, under the names of the benchmark's rows, the deepest first; input and head are a
    unit each."""
    found: dict[str, dict] = {}
    for name, levels in parts.items():
        if name.startswith("blocks["):
            found |= {f"{name}.{unit}": path for unit, path in levels["units"].items()}
        elif levels["deepest"]:
            found[name] = levels["deepest"]
    return dict(sorted(found.items(), key=lambda item: -item[1]["levels"]))
