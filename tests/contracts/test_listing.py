"""Every file of the hardware library has its test file, at the same place under tests/hdl."""

from contracts.tree import PACKAGES, ROOT, modules

# Files without a test file of their own, and why.
EXEMPT: dict[str, str] = {
    "golden": "every unit's own tests hold it to its golden twin, and tests/pruning/integers to another implementation",
}


def test_every_hardware_file_has_its_tests():
    missing = []
    for path in modules("hypgcn"):
        inside = path.relative_to(PACKAGES["hypgcn"])
        if path.name == "__init__.py" or inside.parts[0] in EXEMPT or str(inside) in EXEMPT:
            continue
        expected = ROOT / "tests/hdl" / inside.parent / f"test_{path.name}"
        if not expected.is_file():
            missing.append(f"hdl/hypgcn/{inside} has no {expected.relative_to(ROOT)}")
    assert not missing, "\n".join(missing)


def test_exemptions_exist():
    assert not [name for name in EXEMPT if not (PACKAGES["hypgcn"] / name).exists()]
