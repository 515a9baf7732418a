"""The rules in C++ say what those in Python say, word for word."""

import ctypes
import os
import random
import shutil
import subprocess

import pytest

from contracts.tree import ROOT
from hypgcn_sim.unit_tests.testbench.axi_rules import LITE_CHANNELS, LiteRules, StreamRules

SOURCE = """
#include "axi_rules.hpp"
#include <cstring>

template <class Work> static int caught(char *text, Work work)
{
    try {
        work();
    } catch (const hypgcn::BrokenRule &broken) {
        std::strcpy(text, broken.what());
        return 1;
    }
    return 0;
}

// Per cycle: reset, valid, ready, payload.
extern "C" int check_stream(const unsigned *cycles, unsigned count, char *text)
{
    return caught(text, [=] {
        hypgcn::StreamRules rules("bus");
        for (unsigned n = 0; n < count; n++) {
            rules.sample(cycles[4 * n], cycles[4 * n + 1], cycles[4 * n + 2], &cycles[4 * n + 3], sizeof(unsigned));
        }
    });
}

// Per cycle: reset, and for each channel valid, ready and two words.
extern "C" int check_lite(const unsigned *cycles, unsigned count, char *text)
{
    return caught(text, [=] {
        hypgcn::LiteRules rules("bus");
        for (unsigned n = 0; n < count; n++) {
            const unsigned *now = cycles + 21 * n;
            std::array<hypgcn::LiteSignals, hypgcn::LITE_CHANNELS> signals;
            for (int c = 0; c < hypgcn::LITE_CHANNELS; c++) {
                const unsigned *part = now + 1 + 4 * c;
                signals[c] = {part[0] != 0, part[1] != 0, {part[2], part[3]}};
            }
            rules.sample(now[0] != 0, signals);
        }
        rules.finish();
    });
}
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    compiler = os.environ.get("CXX", "g++")
    if not shutil.which(compiler):
        pytest.skip(f"no C++ compiler: {compiler} is not on the path")
    folder = tmp_path_factory.mktemp("rules")
    (folder / "rules.cpp").write_text(SOURCE, encoding="utf-8")
    subprocess.run([compiler, "-std=c++17", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-I",
                    str(ROOT / "sim/hypgcn_sim/cosim"), str(folder / "rules.cpp"), "-o", str(folder / "rules.so")],
                   check=True)
    return ctypes.CDLL(str(folder / "rules.so"))


def in_cpp(function, cycles):
    """What is wrong, empty if nothing is."""
    words = [int(word) for cycle in cycles for word in cycle]
    text = ctypes.create_string_buffer(200)
    function((ctypes.c_uint * len(words))(*words), len(cycles), text)
    return text.value.decode()


def in_python(work):
    try:
        work()
    except AssertionError as error:
        return str(error)
    return ""


def stream_cycles(rng):
    """A source that mostly keeps to the rules."""
    held, cycles = None, []
    for _ in range(rng.randrange(1, 30)):
        reset = rng.random() < 0.1
        valid = held is not None or rng.random() < 0.5
        payload = held if held is not None else rng.randrange(3)
        if rng.random() < 0.05:
            valid = not valid
        if rng.random() < 0.05:
            payload += 1
        if reset and rng.random() < 0.8:
            valid = False
        ready = rng.random() < 0.5
        held = payload if valid and not ready and not reset else None
        cycles.append((reset, valid, ready, payload))
    return cycles


def lite_cycles(rng):
    """A slave that answers what was asked, and sometimes more or less."""
    due = dict.fromkeys(LITE_CHANNELS, 0)
    cycles = []
    for _ in range(rng.randrange(1, 20)):
        now = [rng.random() < 0.03]
        before = dict(due)
        for channel in LITE_CHANNELS:
            asked = {"b": min(before["aw"], before["w"]) - before["b"], "r": before["ar"] - before["r"]}
            valid = rng.random() < 0.5 if channel not in asked else asked[channel] > 0 or rng.random() < 0.02
            ready = rng.random() < 0.97
            due[channel] += valid and ready
            word = rng.randrange(2) if rng.random() < 0.05 else 0
            now += [valid and not now[0], ready, word if channel == "b" else 0, word if channel == "r" else 0]
        if now[0]:
            due = dict.fromkeys(LITE_CHANNELS, 0)
        cycles.append(now)
    return cycles


def test_streams(library):
    rng, seen = random.Random(1), set()
    for _ in range(1000):
        cycles = stream_cycles(rng)
        rules = StreamRules("bus")
        expected = in_python(lambda rules=rules, cycles=cycles: [rules.sample(*cycle) for cycle in cycles])
        assert in_cpp(library.check_stream, cycles) == expected, cycles
        seen.add(expected.partition(",")[0])
    assert len(seen) == 4, "sound ones, and each of the three faults"


def test_lite(library):
    rng, seen = random.Random(2), set()
    for _ in range(1000):
        cycles = lite_cycles(rng)

        def work(cycles=cycles):
            rules = LiteRules("bus")
            for cycle in cycles:
                signals = {}
                for index, (channel, names) in enumerate(LITE_CHANNELS.items()):
                    valid, ready, *words = cycle[1 + 4 * index:5 + 4 * index]
                    signals |= {f"{channel}valid": valid, f"{channel}ready": ready, **dict(zip(names, words))}
                rules.sample(cycle[0], signals)
            rules.finish()
        expected = in_python(work)
        assert in_cpp(library.check_lite, cycles) == expected, cycles
        seen.add("".join(letter for letter in expected.partition(", at")[0] if not letter.isdigit()))
    assert {"", "bus b: a response without its request", "bus r: a response without its request",
            "bus b: EXOKAY is not a response of AXI-Lite", "bus r: EXOKAY is not a response of AXI-Lite"} <= seen
    assert any("addresses" in text for text in seen)
    assert any("reads" in text for text in seen)
