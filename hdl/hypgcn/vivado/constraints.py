"""Constraints of the core: for itself alone, and for its place in a larger design."""

from .settings import VivadoSettings

__all__ = ["IO_SHARE", "in_context_xdc", "out_of_context_xdc"]

IO_SHARE = 0.3
"""Part of the period that logic outside the core may take at each of its ports."""

CLOCK = "aclk"


def out_of_context_xdc(settings: VivadoSettings, ports: list[dict]) -> str:
    """The clock that the surroundings would bring, and what they take of its period at the ``ports`` of the core.

    Each port is a dict with ``name``, ``direction`` and ``width``, as in the sidecar of an emission. Only for a core
    that is built by itself: in a larger design the clock has its own definition.
    """
    delay = f"{float(settings.period) * IO_SHARE:.3f}"
    lines = [
        f"# {settings.name} by itself at {settings.mhz:g} MHz. Not for a design that has the core in it.",
        f"create_clock -name {CLOCK} -period {settings.period} [get_ports {CLOCK}]",
    ]
    for direction, command in (("input", "set_input_delay"), ("output", "set_output_delay")):
        lines.append("")
        lines += [f"{command} -clock {CLOCK} {delay} [get_ports {{{_bits(port)}}}]"
                  for port in ports if port["direction"] == direction and port["name"] != CLOCK]
    return "\n".join(lines) + "\n"


def _bits(port):
    return port["name"] if port["width"] == 1 else port["name"] + "[*]"


def in_context_xdc(settings: VivadoSettings) -> str:
    """What holds wherever the core is: paths are relative to it.

    One clock, whose definition belongs to the surroundings, and resets that are synchronous to it: no path is an
    exception. The reset of the network has a register of its own, which may be copied to reach it in time.
    """
    return (f"# {settings.name} in a larger design. Its clock is defined outside; no path in it is an exception.\n"
            f"set_property MAX_FANOUT 1000 [get_nets -quiet core_reset]\n")
