# amaranth: UnusedElaboratable=no
"""The timing diagrams of docs/integration.md are what the core does, cycle by cycle."""

import pytest
from axi import CoreTestbench, beats_of, lite_read, lite_write
from stub_core import StubCore
from waves import draw

from contracts.tree import ROOT
from hypgcn.shell import ShellConfig
from hypgcn.shell.registers import register
from hypgcn.shell.top import CONTROL, Top

PAGE = (ROOT / "docs/integration.md").read_text(encoding="utf-8")
CFG = ShellConfig(persons=1, frames=1, joints=3, channels=3, classes=2, logit_width=16, blocks=1, hash="0" * 16)
CLIP = bytes(range(CFG.clip_bytes))  # two beats of four bytes, and one byte


def recorded(names, test, hold=()):
    """Per cycle what the pins ``names`` are; the output is not taken in the cycles ``hold`` of its packet."""
    tb, seen = CoreTestbench(Top(CFG, StubCore(CFG))), []

    async def record(ctx):
        first = None
        while True:
            _, _, *values = await ctx.tick().sample(*(getattr(tb.dut, name) for name in names))
            seen.append(dict(zip(names, values)))
            if first is None and seen[-1].get("m_axis_tvalid"):
                first = len(seen) - 1
            tb.hold = first is not None and len(seen) - first in hold
    tb.run(test, background=[record])
    return seen


def stream(cycles, bus, labels, digits=()):
    """Rows of a stream: what is offered has the label of its turn; ``digits`` : per further pin its hex digits."""
    rows = {f"{bus}_{name}": [bool(cycle[f"{bus}_{name}"]) for cycle in cycles] for name in ("tvalid", "tready")}
    turn, texts = 0, []
    for cycle in cycles:
        texts.append(labels[turn] if cycle[f"{bus}_tvalid"] else "")
        turn += cycle[f"{bus}_tvalid"] & cycle[f"{bus}_tready"]
    rows[f"{bus}_tdata"] = texts
    for name in digits:
        rows[f"{bus}_{name}"] = [f"{cycle[f'{bus}_{name}']:x}" if cycle[f"{bus}_tvalid"] else "" for cycle in cycles]
    rows[f"{bus}_tlast"] = [bool(cycle[f"{bus}_tlast"] and cycle[f"{bus}_tvalid"]) for cycle in cycles]
    return rows


def in_page(text):
    block = "```\n" + "".join(f" {line}\n" for line in text.splitlines()) + "```"
    assert block in PAGE, f"docs/integration.md must have:\n{block}"


async def one_clip(tb):
    await tb.write("CONTROL", auto_restart=1)
    await tb.cycles(5)
    await tb.send(beats_of(CLIP, CFG.bus_bytes))
    await tb.results(1)
    await tb.cycles(3)


def test_a_clip_goes_in():
    cycles = recorded([f"s_axis_{name}" for name in ("tvalid", "tready", "tdata", "tkeep", "tlast")], one_clip)
    start = next(n for n, cycle in enumerate(cycles) if cycle["s_axis_tvalid"]) - 1
    in_page(draw(stream(cycles[start:start + 12], "s_axis", ["B0-3", "B4-7", "B8", ""], ["tkeep"])))


def test_a_result_comes_out():
    cycles = recorded(["m_axis_tvalid", "m_axis_tready", "m_axis_tdata", "m_axis_tlast", "irq"], one_clip, hold={2, 3})
    start = next(n for n, cycle in enumerate(cycles) if cycle["m_axis_tvalid"]) - 1
    in_page(draw(stream(cycles[start:start + 10], "m_axis", ["S0", "S1", "A", "N", "F", ""])))


@pytest.mark.parametrize("kind", ["write", "read"])
def test_an_access_to_a_register(kind):
    channels = {"write": ("aw", "w", "b"), "read": ("ar", "r")}[kind]
    names = [f"{CONTROL}_{channel}{name}" for channel in channels for name in ("valid", "ready")]

    async def access(tb):
        await tb.cycles(3)
        if kind == "write":
            await lite_write(tb.ctx, tb.dut, register("THRESHOLD").offset, 1)
        else:
            await lite_read(tb.ctx, tb.dut, register("THRESHOLD").offset)
        await tb.cycles(3)
    cycles = recorded(names, access)
    start = next(n for n, cycle in enumerate(cycles) if cycle[names[0]]) - 1
    in_page(draw({name.removeprefix(CONTROL + "_"): [bool(cycle[name]) for cycle in cycles[start:start + 6]]
                  for name in names}))


def test_drawing():
    assert draw({"a": [False, True, True, False], "data": ["", "x1", "", ""]}, 8) == (
        "     8    9    10   11\n"
        "a    _____/~~~~~~~~~\\____\n"
        "data      x1")
    with pytest.raises(ValueError, match=r"as many cycles, not \[1, 2\]"):
        draw({"a": [True], "b": [True, False]})
