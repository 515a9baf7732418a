"""What commands need beside the hardware library: which optional packages and programs are installed, and the rest."""

import importlib.metadata
import json
import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["EXTRAS", "Need", "check_needs", "checked", "checkout", "install_command", "needs_of"]

EXTRAS = {
    "base": "hypgcn verilog, ensemble, allocate, estimate, devices, report, view, vivado",
    "train": "hypgcn train, prune, quantise, compile, evaluate, predict",
    "sim": "hypgcn sim, run, demo, fullscale, lint, synth",
    "formal": "hypgcn formal",
    "boards": "hypgcn board",
    "live": "hypgcn live",
    "docs": "make docs",
    "dev": "make test, make lint",
}
"""Optional parts of the installation, as in ``pyproject.toml``, and what they are for."""
_PROGRAMS = {"sim": ("g++", "make"), "boards": ("sh",)}
"""Programs that no package brings, by the part that needs them."""
_REQUIREMENT = re.compile(r"^(?P<name>[\w.-]+)\s*\(?(?P<wanted>[^;()]*)\)?\s*"
                          r"(?:;.*extra\s*==\s*['\"](?P<extra>\w+)['\"])?")
_COMPARE = {">=": lambda found, bound: found >= bound, "<": lambda found, bound: found < bound,
            "==": lambda found, bound: found == bound}


@dataclass(frozen=True, kw_only=True)
class Need:
    """A package or program, and what of it is there.

    Attributes
    ----------
    name : str
        Of the distribution or program.
    wanted : str
        Versions that work, such as ``>=2.1,<2.2``; empty for any.
    found : str or None
        Installed version, or the path of a program; ``None``: not installed.
    """

    name: str
    wanted: str
    found: str | None

    @property
    def fits(self) -> bool:
        """Whether it is installed, at a version that works."""
        if self.found is None or not self.wanted:
            return self.found is not None
        return all(_COMPARE[match[1]](_release(self.found), _release(match[2]))
                   for match in re.finditer(r"(>=|<|==)\s*([^,\s]+)", self.wanted))


def _release(version: str) -> tuple[int, ...]:
    """Numbers of a version, without trailing zeros and local part: (2, 13) of ``2.13.0+cpu``."""
    numbers = [int(number) for number in re.match(r"[\d.]*", version)[0].split(".") if number]  # type: ignore[index]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def needs_of(part: str) -> list[Need]:
    """Packages and programs of the part ``part``, a key of :data:`EXTRAS`, by the metadata of the installation.

    Without metadata, where the sources are on the path and nothing is installed, only programs are known.
    """
    try:
        lines = importlib.metadata.requires("hypgcn") or []
    except importlib.metadata.PackageNotFoundError:
        lines = []
    found = []
    for line in lines:
        match = _REQUIREMENT.match(line)
        if match and (match["extra"] or "base") == part:
            wanted = ",".join(sorted(match["wanted"].strip().split(","), reverse=True))
            found.append(Need(name=match["name"], wanted=wanted, found=_version(match["name"])))
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return found + [Need(name=name, wanted="", found=shutil.which(name, path=path)) for name in _PROGRAMS.get(part, ())]


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def checkout() -> Path | None:
    """Root of the checkout that this file is in; ``None`` for an installed package."""
    root = Path(__file__).resolve().parents[2]
    return root if (root / "pyproject.toml").is_file() else None


def install_command(*parts: str) -> str:
    """Command that installs parts for this Python: from the checkout, from where the package came from, or by name."""
    root, extras = checkout(), f"[{','.join(parts)}]" if parts else ""
    if root:
        return f"{sys.executable} -m pip install --editable '{root}{extras}'"
    origin = _origin()
    return f"{sys.executable} -m pip install 'hypgcn{extras}{f' @ {origin}' if origin else ''}'"


def _origin() -> str | None:
    """URL of the file that hypgcn was installed from, as pip records it; ``None`` where it came from an index."""
    try:
        record = importlib.metadata.distribution("hypgcn").read_text  # always UTF-8
    except importlib.metadata.PackageNotFoundError:
        return None
    found = json.loads(record("direct_url.json") or "{}")
    return found.get("url") if "archive_info" in found else None


def check_needs(command: str, *parts: str):
    """Raise :exc:`ValueError` when something that ``command`` needs is not installed, with how to get it."""
    missing = {part: [need for need in needs_of(part) if need.found is None] for part in parts}
    names = [need.name for needs in missing.values() for need in needs]
    if not names:
        return
    are = "is" if len(names) == 1 else "are"
    programs = [name for name in names if any(name in known for known in _PROGRAMS.values())]
    packages = [part for part, needs in missing.items() if any(need.name not in programs for need in needs)]
    how = [f"run {install_command(*packages)}"] if packages else []
    how += [f"install {' and '.join(programs)} by the packages of the system"] if programs else []
    raise ValueError(f"{command} needs {', '.join(names)}, which {are} not installed: {'; '.join(how)}")


def checked(parser, command: str, parts: Sequence[str]):
    """Make the subcommand of ``parser`` check its needs before it does anything else."""
    run = parser.get_default("run")

    def check_and_run(args):
        check_needs(f"hypgcn {command}", *parts)
        return run(args)
    parser.set_defaults(run=check_and_run)
