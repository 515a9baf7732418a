import random

import pytest
from hdl.sparse.blocks import vector
from random_vectors import answer as stored

from hypgcn.sparse.read_arbiter import ReadArbiter, ReadArbiterConfig
from testbench import STREAM_PATTERNS, run


def answer(request):
    return stored(vector([request["slot"] + 1, request["joint"] + 1, request["bank"] + 1]))


@pytest.mark.parametrize(("idle", "stall"), STREAM_PATTERNS)
@pytest.mark.parametrize("readers", [1, 2, 5])
@pytest.mark.parametrize("outstanding", [2, 16])
def test_answers_find_their_reader(readers, outstanding, idle, stall):
    rng = random.Random(readers)
    asked = [[{"slot": rng.randrange(7), "joint": rng.randrange(3), "bank": rng.randrange(2), "tag": 0}
              for _ in range(20 + 5 * k)] for k in range(readers)]
    dut = ReadArbiter(ReadArbiterConfig(readers=readers, rows=7, joints=3, banks=2, outstanding=outstanding))
    result = run(dut, {f"i_req.{k}": items for k, items in enumerate(asked)},
                 {f"i_rsp.{k}": len(items) for k, items in enumerate(asked)},
                 responders={("req", "rsp"): answer}, idle=idle, stall=stall)
    for k, items in enumerate(asked):
        assert result[f"i_rsp.{k}"] == [answer(item) for item in items]


def test_readers_take_turns():
    asked = [[{"slot": k, "joint": n, "bank": 0, "tag": 0} for n in range(10)] for k in range(3)]
    result = run(ReadArbiter(ReadArbiterConfig(readers=3, rows=3, joints=10, banks=1)),
                 {f"i_req.{k}": items for k, items in enumerate(asked)}, {f"i_rsp.{k}": 10 for k in range(3)},
                 responders={("req", "rsp"): answer})
    assert [item["slot"] for item in result["requests"]["req"]] == [0, 1, 2] * 10
    assert result["cycles"] <= 30 + 4


@pytest.mark.parametrize(("name", "low"), [("readers", 1), ("rows", 1), ("joints", 1), ("banks", 1),
                                           ("outstanding", 2)])
def test_bad_config(name, low):
    with pytest.raises(ValueError, match=f"^{name} must be at least {low}, not {low - 1}$"):
        ReadArbiterConfig(**{"readers": 2, "rows": 2, "joints": 2, "banks": 2} | {name: low - 1})
