"""Logic levels of a network that is mapped in parts: by unit of a block, and across the streams between parts."""

import re
from collections.abc import Mapping

from .paths import Levels, joined

__all__ = ["UNIT_NAMES", "by_unit", "network_levels", "streams_of", "unit_of"]

UNIT_NAMES = {
    "x_store.reader": "x_reads", "x_store": "x_store", "h_skid": "h_skid", "spatial.loader": "loader",
    "spatial.buffer": "buffer", "spatial.graph": "graph", "spatial.conv.array": "conv",
    "spatial.conv.requant": "h_requant", "spatial.conv.rows": "h_rows", "spatial.conv.encoder": "h_encoder",
    "spatial.conv.shortcut": "h_shortcut", "spatial.conv.turn": "z_turn", "spatial.conv.z_encoder": "z_encoder",
    "spatial.conv.lanes.store.reader": "h_rows", "spatial.conv.lanes.store": "z_store",
    "spatial.conv.lanes.window": "h_window", "spatial.conv.lanes.dispatch": "h_dispatch",
    "spatial.conv.lanes.lane": "conv", "spatial.conv.lanes.shortcut": "h_shortcut",
    "spatial.conv.lanes.combine": "h_requant", "spatial.conv.lanes.encoder": "h_encoder",
    "temporal.store.reader": "h_reads", "temporal.store": "h_store", "temporal.window": "window",
    "temporal.dispatch": "dispatch", "temporal.lane": "lanes", "temporal.x_arbiter": "x_arbiter",
    "temporal.shortcut": "y_shortcut", "temporal.combine": "combine", "temporal.encoder": "y_encoder",
    "temporal": "temporal", "spatial": "spatial", "p_skid": "p_skid", "q_skid": "q_skid",
    "reduce.store.reader": "h_reads", "reduce.store": "h_store", "reduce.window": "p_window",
    "reduce.dispatch": "p_dispatch", "reduce.lane": "p_lanes", "reduce.combine": "p_combine",
    "reduce.max_rows": "max_rows", "reduce.encoder": "p_encoder", "reduce": "reduce",
    "branches.store.reader": "p_reads", "branches.store": "p_store", "branches.window": "q_window",
    "branches.dispatch": "q_dispatch", "branches.lane": "q_lanes", "branches.combine": "q_combine",
    "branches.encoder": "q_encoder", "branches": "branches",
}
"""Where in a block the registers of a unit are, and its name; the first that fits counts. The counted units have
the names of :data:`hypgcn.block.BLOCK_UNITS`."""


def unit_of(name: str) -> str:
    """Unit of a block that a register belongs to; ``block`` for registers of no unit."""
    return next((unit for place, unit in UNIT_NAMES.items() if re.match(rf"{re.escape(place)}(\d+)?\.", name)), "block")


def streams_of(blocks: int, absent: bool = False, raw: bool = False) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    """Streams between the parts of a network.

    Parameters
    ----------
    blocks : int
        Number of blocks.
    absent : bool
        With the unit that leaves absent persons out.
    raw : bool
        With the preparation of raw joints.

    Returns
    -------
    list
        ``((source part, its stream), (sink part, its stream))`` each.
    """
    chain = ["input"]
    for index in range(blocks):
        chain += [f"skid{index}", f"blocks[{index}]"]
    chain += ["skid_head", "head"]
    if absent:
        chain.insert(0, "absent")
    if raw:
        chain.insert(0, "raw_input")
    streams = [((source, "o"), (sink, "i")) for source, sink in zip(chain, chain[1:])]
    return [*streams, (("absent", "persons"), ("head", "persons"))] if absent else streams


def network_levels(parts: Mapping[str, dict]) -> dict:
    """Logic levels of a network from those of its parts.

    Parameters
    ----------
    parts : mapping of str to dict
        Levels of ``raw_input`` and ``absent`` (where they exist), ``input``, ``blocks[0]`` ..., ``head``, and ``skid``
        or ``half_skid``, an instance of which stands between any two; of both, the levels of the first count
        everywhere.

    Returns
    -------
    dict
        ``max_logic_levels``, the ``deepest`` path, the deepest of each of the ``parts`` and between parts, and the
        ``unregistered`` outputs.
    """
    levels = {name: Levels.from_dict(entry) for name, entry in parts.items()}
    blocks = sum(name.startswith("blocks[") for name in levels)
    between_two = levels["skid" if "skid" in levels else "half_skid"]
    skids = dict.fromkeys([*(f"skid{index}" for index in range(blocks)), "skid_head"], between_two)
    between = joined({**{name: part for name, part in levels.items() if not name.endswith("skid")}, **skids},
                     streams_of(blocks, "absent" in levels, "raw_input" in levels))
    paths = {name: part.registers for name, part in levels.items() if part.registers}
    if between:
        paths["between parts"] = between
    worst = max(paths, key=lambda name: paths[name].levels)
    return {"max_logic_levels": paths[worst].levels, "deepest": {"part": worst, **paths[worst].as_dict()},
            "parts": {name: path.as_dict() for name, path in paths.items()},
            "unregistered": {name: part.unregistered for name, part in levels.items() if part.unregistered}}


def by_unit(parts: Mapping[str, dict]) -> dict[str, dict]:
    """Deepest path of each unit, the deepest first, under the names of the benchmark's rows.

    Parameters
    ----------
    parts : mapping of str to dict
        As for :func:`network_levels`; input and head are a unit each.
    """
    deepest: dict[str, dict] = {}
    for name, levels in parts.items():
        if name.startswith("blocks["):
            deepest |= {f"{name}.{unit}": path for unit, path in levels["units"].items()}
        elif levels["deepest"]:
            deepest[name] = levels["deepest"]
    return dict(sorted(deepest.items(), key=lambda item: -item[1]["levels"]))
