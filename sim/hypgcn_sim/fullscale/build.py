"""Build the simulator of whole clips: emitted text of a network and the testbench in ``main.cpp``.

No Python runs in the simulator: a clip of the paper's network has some 300,000 vectors to compare.
"""

from collections.abc import Callable
from pathlib import Path

from hypgcn.emission.emit import Emission

from ..verilator.native import build_program

__all__ = ["MAIN", "build", "ports_header"]

MAIN = Path(__file__).with_name("main.cpp")


def ports_header(ports: list[dict]) -> str:
    """C++ functions that read the ports ``observe_*``, ``counts`` and ``overflow_counts``.

    Parameters
    ----------
    ports : list of dict
        Ports of the sidecar of an emission.
    """
    widths = {port["name"]: port["width"] for port in ports}
    observed = [name for name in widths if name.startswith("observe_")]
    observed.sort(key=lambda name: int(name.removeprefix("observe_")))

    def words(name: str) -> int:
        return -(-widths.get(name, 0) // 32)

    lines = [f"static const unsigned OBSERVED = {len(observed)};",
             f"static const unsigned OBSERVE_WORDS = {max([1, *map(words, observed)])};",
             f"static const unsigned COUNTS = {words('counts')};",
             f"static const unsigned OVERFLOWS = {words('overflow_counts')};",
             "static bool observe(Vtop& top, unsigned n, uint32_t* out) {", "    switch (n) {"]
    for index, name in enumerate(observed):
        # Bit 0 is valid.
        first = f"top.{name}[0]" if widths[name] > 64 else f"top.{name}"
        lines.append(f"    case {index}: if (!({first} & 1)) return false; words_of(top.{name}, {words(name)}, out); "
                     f"return true;")
    lines += ["    }", "    (void)top; (void)out;", "    return false;", "}"]
    for function, name in (("counts", "counts"), ("overflows", "overflow_counts")):
        body = f"words_of(top.{name}, {words(name)}, out);" if name in widths else "(void)top; (void)out;"
        lines.append(f"static void {function}(Vtop& top, uint32_t* out) {{ {body} }}")
    return "\n".join(lines) + "\n"


def build(emission: Emission, folder: Path, cache: Path, *, jobs: int | None = None,
          report: Callable[[float], None] = lambda share: None) -> Path:
    """The simulator of the emission of a network, see :func:`hypgcn_sim.verilator.native.build_program`.

    Parameters
    ----------
    emission : Emission
        Of the network.
    folder, cache : Path
        Where it was written; keeps simulators.
    jobs : int or None
        Compilers at the same time.
    report : callable
        Called with the share that is done, 0..1.
    """
    return build_program(emission, folder, MAIN, ports_header(emission.sidecar["ports"]), cache, jobs=jobs,
                         report=report)
