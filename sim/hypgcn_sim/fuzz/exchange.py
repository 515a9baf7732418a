"""Files between Python and the testbench in C++, and what it says of a failure."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..stimuli.payload import difference
from .chunk import Chunk, Expected, Feed, Variant
from .words import to_words

__all__ = ["explain", "write_chunk"]

TIMEOUT, TAIL = 20_000, 300
"""Cycles without a transfer after which a run fails, and cycles in which nothing may follow the last beat."""
RATE = 1 << 16
"""Chances per cycle are given in these parts."""


def write_chunk(variant: Variant, chunk: Chunk, shapes: Mapping[str, dict], folder: Path, rng: np.random.Generator):
    """Write ``plan.txt`` and the files of words.

    Parameters
    ----------
    variant : Variant
        The unit.
    chunk : Chunk
        Its stimuli.
    shapes : dict of str to dict
        Payload of every stream and monitor.
    folder : Path
        Exists and is empty.
    rng : Generator
        Chooses how often and how long every stream pauses.
    """
    sinks = [*variant.sinks, *variant.monitors]
    never = rng.random() < 0.2      # full throughput, too
    plan = [f"{TIMEOUT} {TAIL}"]
    for name in (*variant.sources, *variant.pulses):
        feed, words = chunk.sources[name], None
        if feed.columns is not None:
            words = np.column_stack([to_words(shapes[name], feed.columns),
                                     *(feed.inputs[pin] for pin in variant.sources[name])]).astype("<u4")
            words.tofile(folder / f"{name}.bin")
        if feed.needs:
            np.column_stack(list(feed.needs.values())).astype("<u4").tofile(folder / f"{name}.needs.bin")
        needed = " ".join(str(sinks.index(sink)) for sink in feed.needs)
        plan.append(f"{_pauses(rng, never)} {_length(feed, words)} {len(feed.needs)} {needed}")
    for name in sinks:
        words = to_words(shapes[name], chunk.sinks[name].columns)
        words.tofile(folder / f"{name}.bin")
        plan.append(f"{_pauses(rng, never)} {len(words)}")
    for request, response in variant.memories.items():
        _table(shapes[request], shapes[response], *chunk.memories[request]).tofile(folder / f"{request}.bin")
        plan.append(f"{_pauses(rng, never)} {_pauses(rng, never)}")
    plan += [str(chunk.levels[name]) for name in variant.levels]
    (folder / "plan.txt").write_text("\n".join(plan) + "\n", encoding="utf-8", newline="\n")


def _length(feed: Feed, words) -> int:
    """Beats of a source; pulses have as many as they have needs."""
    return len(words) if words is not None else len(next(iter(feed.needs.values())))


def _pauses(rng: np.random.Generator, never: bool) -> str:
    """Chances that a pause begins and ends: a share of all cycles in runs of some mean length."""
    share, length = rng.choice([0.0, 0.0, 0.2, 0.5, 0.8]), rng.choice([1, 2, 5, 20])
    if never or not share:
        return f"0 {RATE}"
    begin = min(1.0, share / (1 - share) / length)
    return f"{round(begin * RATE)} {round(RATE / length)}"


def _table(request: dict, response: dict, addresses, answers) -> np.ndarray:
    """Words of a memory: for each address 1 where there is a vector, and the response."""
    at, words = to_words(request, addresses)[:, 0], to_words(response, answers)
    table = np.zeros((int(at.max()) + 1, 1 + words.shape[1]), "<u4")
    table[at, 0], table[at, 1:] = 1, words
    return table


def explain(line: str, chunk: Chunk, shapes: Mapping[str, dict]) -> str:
    """What the testbench's last ``line`` says of a failure, with fields by name."""
    kind, *words = line.split() or [""]
    if kind == "differs":
        sink, beat, cycle, expected, got = words
        field, right, wrong = difference(shapes[sink], int(expected, 16), int(got, 16)) or ("", expected, got)
        place = f"{_item(chunk.sinks[sink], int(beat))} of {sink}" + (f": {field}" if field else "")
        return f"{place}: expected {right}, got {wrong} (beat {beat}, cycle {cycle})"
    if kind == "extra":
        sink, beat, cycle, got = words
        return f"{sink}: {got} follows the {beat} expected beats (cycle {cycle})"
    if kind == "unstable":
        sink, beat, cycle = words
        return f"{sink}: beat {beat} changed or was withdrawn before the transfer (cycle {cycle})"
    if kind == "address":
        return f"{words[0]}: no vector at the address {words[1]} (cycle {words[2]})"
    if kind == "level":
        return f"{words[0]}: expected {words[1]}, got {words[2]}, at the end"
    if kind == "hangs":
        names, done, total = words[1::3], words[2::3], words[3::3]
        moved = ", ".join(f"{name} {count} of {all_}" for name, count, all_ in zip(names, done, total))
        return f"no transfer for {TIMEOUT} cycles at cycle {words[0]}; transfers: {moved}"
    return f"the simulator stopped: {line or 'without a word'}"


def _item(expected: Expected, beat: int) -> str:
    return f"{expected.item} {beat if expected.numbers is None else expected.numbers[beat]}"
