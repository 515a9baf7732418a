import pytest

from hypgcn.spatial.merge import Merge
from testbench import STREAM_PATTERNS, run


@pytest.mark.parametrize(("idle", "stall"), STREAM_PATTERNS)
@pytest.mark.parametrize("counts", [(1,), (1, 1), (3, 1, 2), (2, 5, 1, 4)])
def test_rows_take_turns(counts, idle, stall):
    rows = 6
    sources = {f"i.{n}": [10 * row + n for row in range(rows) for _ in range(count)] for n, count in enumerate(counts)}
    want = [10 * row + n for row in range(rows) for n, count in enumerate(counts) for _ in range(count)]
    result = run(Merge(8, counts), sources, {"o": len(want)}, seed=2, idle=idle, stall=stall, timeout=1000)
    assert result["o"] == want
    if idle == stall == 0:
        assert result["times"]["o"] == list(range(len(want)))
