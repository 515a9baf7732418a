"""The payloads that cross units are laid out in hypgcn/stream/layouts.py and nowhere else."""

import ast

from contracts.tree import PACKAGES, modules

LAYOUTS = PACKAGES["hypgcn"] / "stream/layouts.py"


def _struct_fields(path):
    """(line, field names) of every ``StructLayout({...})`` with literal names in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("StructLayout") and node.args \
                and isinstance(node.args[0], ast.Dict):
            keys = node.args[0].keys
            if all(isinstance(key, ast.Constant) for key in keys):
                yield node.lineno, frozenset(key.value for key in keys)


def test_shared_layouts_are_not_written_again():
    shared = {fields for _, fields in _struct_fields(LAYOUTS)}
    assert len(shared) >= 6
    wrong = [f"{path}:{line}: {sorted(fields)}" for path in modules("hypgcn") if path != LAYOUTS
             for line, fields in _struct_fields(path) if fields in shared]
    assert not wrong, "use the function of hypgcn.stream.layouts instead:\n" + "\n".join(wrong)
