import re
import subprocess
import sys

import pytest

from contracts.tree import ROOT
from hypgcn.design import limits
from hypgcn.design.checks import check_limit
from hypgcn.emission import limits_page


def test_checkout_is_up_to_date():
    text = (ROOT / limits_page.PAGE).read_text(encoding="utf-8")
    assert text == limits_page.markdown(), f"{limits_page.PAGE} has drifted: make limits"


def test_every_limit_is_in_one_table():
    known = [value for value in vars(limits).values() if isinstance(value, (limits.Limit, limits.Choices))]
    assert sorted(limit.name for limit in limits.LIMITS) == sorted(limit.name for limit in known)
    rows = re.findall(r"^\| (`.*?) \|", limits_page.markdown(), re.M)
    assert rows == [", ".join(f"`{name}`" for name in limit.name.split(", ")) for limit in limits.LIMITS]


@pytest.mark.parametrize("limit", limits.SHAPE.values(), ids=limits.SHAPE)
def test_a_limit_is_what_is_refused(limit):
    """A skeleton of 133 joints was refused, and no page said so before."""
    row = next(line for line in limits_page.markdown().splitlines() if line.startswith(f"| `{limit.name}` |"))
    low, high = (int(number.replace(",", "")) for number in re.search(r"\| ([\d,]+) to ([\d,]+) \|", row).groups())
    for value in (low, high):
        check_limit(limit.name, value, limit)
    for value in (low - 1, high + 1):
        with pytest.raises(ValueError, match=f"{limit.name} must be in {low}..{high}, not {value}"):
            check_limit(limit.name, value, limit)


def test_command(tmp_path):
    command = [sys.executable, "-m", "hypgcn.emission.limits_page", str(tmp_path)]
    first, second = (subprocess.run(command, capture_output=True, encoding="utf-8", check=True,
                                    env={"PYTHONPATH": str(ROOT / "hdl")}).stdout for _ in range(2))
    assert (first, second) == (f"{limits_page.PAGE}\n", "nothing changed\n")
