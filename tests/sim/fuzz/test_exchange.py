"""Failures are reported with the vector, the field, and the values."""

import numpy as np
import pytest

from hypgcn.stream.layouts import vector_layout
from hypgcn_sim.fuzz.chunk import Chunk, Expected
from hypgcn_sim.fuzz.exchange import explain
from hypgcn_sim.stimuli.beats import vector
from hypgcn_sim.stimuli.payload import describe, pack

SHAPES = {"o": describe(vector_layout())}
CHUNK = Chunk(vectors=4, sources={}, sinks={"o": Expected(columns=None, numbers=np.array([0, 0, 3]))})
RIGHT, WRONG = (f"{pack(SHAPES['o'], vector([0, value] * 8)):040x}" for value in (-5, 6))


@pytest.mark.parametrize(("line", "text"), [
    (f"differs o 2 77 {RIGHT} {WRONG}", "vector 3 of o: channel[1]: expected -5, got 6 (beat 2, cycle 77)"),
    ("extra o 3 80 00ff", "o: 00ff follows the 3 expected beats (cycle 80)"),
    ("unstable o 1 9", "o: beat 1 changed or was withdrawn before the transfer (cycle 9)"),
    ("address h_req 40 9", "h_req: no vector at the address 40 (cycle 9)"),
    ("level overflow_count 3 4", "overflow_count: expected 3, got 4, at the end"),
    ("hangs 20100 i 2 4 o 1 3", "no transfer for 20000 cycles at cycle 20100; transfers: i 2 of 4, o 1 of 3"),
    ("", "the simulator stopped: without a word"), ("%Error: x", "the simulator stopped: %Error: x"),
])
def test_failure_is_explained(line, text):
    assert explain(line, CHUNK, SHAPES) == text
