"""The floors of the offline path: no module imports from a higher one."""

from contracts.tree import PACKAGES, imports, modules

FLOORS = ("config", "messages", "recordings", "network", "training", "sparsity", "integers", "building", "inputs",
          "reports", "answers", "evaluation", "steps", "seeds", "import_cli", "view_cli", "cli")
"""Packages and modules of hypgcn_pruning from the lowest to the highest."""


def floor(name: str) -> int:
    return FLOORS.index(name)


def test_every_module_has_a_floor():
    root = PACKAGES["hypgcn_pruning"]
    names = {path.relative_to(root).parts[0].removesuffix(".py") for path in modules("hypgcn_pruning")}
    assert names - {"__init__"} == set(FLOORS)


def test_imports_go_down():
    root, wrong = PACKAGES["hypgcn_pruning"], []
    for path in modules("hypgcn_pruning"):
        here = path.relative_to(root).parts[0].removesuffix(".py")
        for line, name in imports(path, "hypgcn_pruning"):
            package, _, rest = name.partition(".")
            target = rest.partition(".")[0]
            if package == "hypgcn_pruning" and target in FLOORS and floor(target) > floor(here):
                wrong.append(f"{path.relative_to(root)}:{line}: {name}")
    assert not wrong, "imports of a higher floor:\n" + "\n".join(wrong)
