"""The site's build links what docstrings refer to, and fails where there is nothing; its contents list every page."""

import importlib.util
import re
import subprocess
import sys

from contracts.tree import ROOT

_SPEC = importlib.util.spec_from_file_location("assemble", ROOT / "docs/site/assemble.py")
assert _SPEC and _SPEC.loader
assemble = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(assemble)

PAGE = """
Page
====

{text}

.. automodule:: hypgcn.stream.queue
.. automodule:: hypgcn.stream.skid
"""


def build(folder, text):
    """Exit status, warnings and HTML of a site of one page."""
    (folder / "index.rst").write_text(PAGE.format(text=text), encoding="utf-8")
    ran = subprocess.run([sys.executable, "-m", "sphinx", "-Wqn", "--keep-going", "-D", "html_theme=basic",
                          "-c", ROOT / "docs/site", folder, folder / "out"], capture_output=True, encoding="utf-8")
    return ran.returncode, ran.stderr, (folder / "out/index.html").read_text(encoding="utf-8")


def test_references_become_links(tmp_path):
    # Where it is defined, where a package hands it on, and the only object of this name.
    names = ["hypgcn.stream.skid.Skid", "~hypgcn.stream.Skid", "Skid"]
    code, warnings, html = build(tmp_path, " and ".join(f":class:`{name}`" for name in names))
    assert (code, warnings) == (0, "")
    paragraph, = re.findall("<p>.*?</p>", html.partition("<h1>Page")[2], re.S)[:1]
    assert paragraph.count('<a class="reference internal" href="#hypgcn.stream.skid.Skid"') == 3


def test_dead_references_fail(tmp_path):
    code, warnings, _ = build(tmp_path, ":class:`~hypgcn.stream.Skidd`, :meth:`Skid.push` and :exc:`ValueError`")
    assert code == 1
    assert re.findall("no such object: (.*) \\[", warnings) == ["hypgcn.stream.Skidd", "Skid.push"]


def test_contents_list_every_page():
    listed = set(re.findall(r"^[\w/]+$", (ROOT / "docs/site/contents.md").read_text(encoding="utf-8"), re.M))
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    named = {str(path.relative_to(ROOT).with_suffix("")) for path in pages} - {"README"}
    named |= {str(path.relative_to(ROOT).with_suffix("")) for path in (ROOT / "examples").glob("*.ipynb")}
    assert listed == named | {"docs/decisions/index", "api/index"}


def test_notebooks_become_pages(tmp_path):
    (tmp_path / "out").mkdir()
    assemble.write_notebooks(tmp_path / "out")
    page = (tmp_path / "out/examples/rfc_store.md").read_text(encoding="utf-8")
    assert page.startswith("# The row store") and "```python\nclass Peaks(wiring.Component):" in page
    assert (tmp_path / "out/examples/rfc_store.ipynb").is_file()
