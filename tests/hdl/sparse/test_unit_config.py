import pytest
from hdl.sparse.blocks import block

from hypgcn.design.folding import BlockFolding
from hypgcn.sparse import SparseConfig

FOLDING = {"lanes": 2, "lane_pairs": 3, "y_width": 4, "x_rows": 7, "h_rows": 11}


@pytest.mark.parametrize(("change", "message"), [
    ({"joints": 0}, r"^joints must be in 1..64, not 0$"),
    ({"frames": 0}, r"^frames must be at least 1, not 0$"),
    ({"mac": "dsp"}, r"^mac must be one of 'dsp48e2', 'dsp48e1', 'inferred', 'single', not 'dsp'$"),
    ({"lanes": 0}, r"^lanes must be in 1..32, not 0$"),
    ({"y_width": 3}, r"^width must be one of 2, 4, 8, 16, not 3$"),
    ({"lane_pairs": 1}, r"^lane_pairs must be at least half the width, 2, not 1$"),
    ({"h_rows": 8}, r"^h_rows must be at least 9, not 8"),
    ({"x_rows": 4}, r"^x_rows must be at least 5, not 4")])
def test_bad_config(change, message):
    own = {"joints": 3, "frames": 5, "mac": "single"}
    own.update((name, change[name]) for name in own if name in change)
    folding = {**FOLDING, **{name: value for name, value in change.items() if name not in own}}
    with pytest.raises(ValueError, match=message):
        SparseConfig.of(block=block("identity"), folding=BlockFolding(**folding), **own)
