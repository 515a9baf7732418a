"""Constraints of the core: out of context, and in a larger design."""

from .settings import VivadoSettings

__all__ = ["IO_SHARE", "in_context_xdc", "out_of_context_xdc"]

IO_SHARE = 0.3
"""Share of the period that logic outside the core may take at each of its ports."""
CLOCK = "aclk"
"""Port and name of the clock."""
CORE_RESET = "core_rst"
"""Register in the emitted top module that resets the network; a test holds the name against the emitted text."""


def out_of_context_xdc(settings: VivadoSettings, ports: list[dict]) -> str:
    """Constraints of a core that is built by itself: its clock, and input and output delays.

    In a larger design the clock is defined outside.

    Parameters
    ----------
    settings : VivadoSettings
    ports : list of dict
        ``name``, ``direction`` and ``width`` of each port, as in the sidecar of an emission.
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
    """Constraints that hold in every design; paths are relative to the core.

    There is one clock, which is defined outside, and resets are synchronous to it, so no path is an exception. The
    reset of the network is the one net that reaches every register of it with a reset; Vivado may replicate its
    register. A name that is not there is a critical warning of Vivado, not passed over.
    """
    return (f"# {settings.name} in a larger design. Its clock is defined outside; no path in it is an exception.\n"
            f"set_property MAX_FANOUT 1000 [get_nets {CORE_RESET}]\n")
