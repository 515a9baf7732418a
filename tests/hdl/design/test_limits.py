"""Limits: complete for the table, and written nowhere else."""

import ast

from contracts.tree import PACKAGES, modules
from hypgcn.design import limits
from hypgcn.design.limits import LIMITS, Choices, Limit


def test_table_has_every_limit_with_its_reason():
    named = [value for name, value in vars(limits).items() if isinstance(value, (Limit, Choices))]
    assert named == list(LIMITS)
    for limit in LIMITS:
        assert limit.name and limit.text and limit.what and limit.reason


def test_text():
    assert limits.JOINTS.text == "1..64"
    assert limits.WIDTHS.text == "2, 4, 8, 16"


def test_choices_behave_like_their_values():
    assert 8 in limits.WIDTHS and 3 not in limits.WIDTHS
    assert list(limits.MAC_FORMS) == ["dsp48e2", "dsp48e1", "inferred", "single"]


def test_no_limit_is_written_again():
    """No other file has a range check with the ends, or a choice with the values, of a limit that has a name."""
    values = {limit.values for limit in LIMITS if isinstance(limit, Choices)}
    wrong = []
    for path in modules("hypgcn"):
        if path == PACKAGES["hypgcn"] / "design/limits.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Tuple) and all(isinstance(item, ast.Constant) for item in node.elts):
                if tuple(item.value for item in node.elts) in values:
                    wrong.append(f"{path}:{node.lineno}: {ast.unparse(node)}")
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "check_range":
                name, _, low, high = node.args
                for limit in LIMITS:
                    if isinstance(limit, Limit) and isinstance(name, ast.Constant) and name.value in limit.name.split(
                            ", ") and ast.unparse(low) == str(limit.low) and ast.unparse(high) == str(limit.high):
                        wrong.append(f"{path}:{node.lineno}: {ast.unparse(node)}")
    assert not wrong, "use hypgcn.design.limits:\n" + "\n".join(wrong)
