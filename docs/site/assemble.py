"""Put the sources of the docs site together in a folder: the pages as they lie in the project, and one page of API
reference for each folder of each package.

Links between pages are the same in the site as in the project, because the pages keep their places.
"""

import json
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"hypgcn": "hdl", "hypgcn_pruning": "pruning", "hypgcn_sim": "sim", "hypgcn_host": "firmware"}
PAGES = ["CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "docs/**/*.md", "docs/images/*", "results/*.png"]
HERE = Path(__file__).parent


def copy_pages(out: Path) -> None:
    """Copy every page and picture to the same place under ``out``; the README and the contents make the front page."""
    for pattern in PAGES:
        for path in sorted(ROOT.glob(pattern)):
            if HERE not in path.parents:
                target = out / path.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
    start = (ROOT / "README.md").read_text(encoding="utf-8") + "\n"
    (out / "index.md").write_text(start + (HERE / "contents.md").read_text(encoding="utf-8"), encoding="utf-8",
                                  newline="\n")


def notebook_page(text: str) -> str:
    """Markdown of a notebook's cells, without outputs."""
    pieces = []
    for cell in json.loads(text)["cells"]:
        source = "".join(cell["source"])
        pieces.append(source if cell["cell_type"] == "markdown" else f"```python\n{source}\n```")
    return "\n\n".join(pieces) + "\n"


def write_notebooks(out: Path) -> None:
    """Write each notebook of the examples as a page, and the notebook itself beside it, for links that load it."""
    (out / "examples").mkdir(exist_ok=True)
    for path in sorted(ROOT.glob("examples/*.ipynb")):
        shutil.copyfile(path, out / "examples" / path.name)
        page = notebook_page(path.read_text(encoding="utf-8"))
        (out / "examples" / f"{path.stem}.md").write_text(page, encoding="utf-8", newline="\n")


def api_page(folder: Path, base: Path) -> str:
    """ReStructuredText of a package's folder: its own docstring, its folders, its modules."""
    name = ".".join(folder.relative_to(base).parts)
    text = [name, "=" * len(name), "", f".. automodule:: {name}",
            "   :ignore-module-all:", ""]  # what a package hands on is documented where it is defined
    folders = sorted(path.parent for path in folder.glob("*/__init__.py"))
    if folders:
        text += [".. toctree::", "   :maxdepth: 1", ""]
        text += [f"   {'.'.join(path.relative_to(base).parts)}" for path in folders] + [""]
    for path in sorted(folder.glob("*.py")):
        if path.name != "__init__.py":
            module = f"{name}.{path.stem}"
            text += [module, "-" * len(module), "", f".. automodule:: {module}", ""]
    return "\n".join(text)


def write_api(out: Path) -> None:
    """Write the pages of all packages into ``out``, and the page that lists them."""
    out.mkdir(parents=True)
    for package, place in PACKAGES.items():
        for init in sorted((ROOT / place / package).rglob("__init__.py")):
            base = ROOT / place
            (out / f"{'.'.join(init.parent.relative_to(base).parts)}.rst").write_text(api_page(init.parent, base),
                                                                                      encoding="utf-8", newline="\n")
    listed = "".join(f"   {package}\n" for package in PACKAGES)
    (out / "index.rst").write_text(f"API reference\n=============\n\n.. toctree::\n   :maxdepth: 2\n\n{listed}",
                                   encoding="utf-8", newline="\n")


def assemble(out: Path) -> None:
    """Write all sources of the site into ``out``, which is emptied first."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    copy_pages(out)
    write_notebooks(out)
    write_api(out / "api")


if __name__ == "__main__":
    assemble(Path(sys.argv[1]))
