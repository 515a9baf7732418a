"""The rules of AXI4-Stream and AXI4-Lite, checked cycle by cycle.

Plain Python: a process of any simulator samples the signals before every rising edge of the clock and hands them over.
An unknown value (X or Z) is ``None``. A broken rule raises :exc:`AssertionError` that names the bus and the cycle.
``cosim/axi_rules.hpp`` mirrors these classes in C++; a test holds the two against each other.
"""

from hypgcn_sim.stimuli.hold_rule import HoldRule

__all__ = ["LITE_CHANNELS", "LiteRules", "StreamRules"]

LITE_CHANNELS = {
    "aw": ("awaddr", "awprot"), "w": ("wdata", "wstrb"), "b": ("bresp",), "ar": ("araddr", "arprot"),
    "r": ("rdata", "rresp"),
}
"""Payload signals of the channels of AXI4-Lite."""

_EXOKAY = 1


class StreamRules:
    """One channel with valid and ready: the hold rule, known signals, valid low in reset.

    After reset valid and ready are known, and so is the payload while valid is high. Valid is low from the second cycle
    of a reset on.

    Parameters
    ----------
    name : str
        Name of the bus, for messages.

    Attributes
    ----------
    transfers : int
        Transfers since the last reset.
    cycle : int
        Cycles sampled.
    """

    def __init__(self, name: str):
        self.name = name
        self.transfers = 0
        self.cycle = 0
        self._in_reset = False
        self._hold = HoldRule(name)

    def fail(self, text: str):
        """Raise :exc:`AssertionError` with the bus, ``text`` and the cycle."""
        raise AssertionError(f"{self.name}: {text}, at cycle {self.cycle}")

    def sample(self, reset: int, valid: int | None, ready: int | None, payload: int | None) -> bool:
        """Check one cycle; whether a transfer happens in it."""
        self.cycle += 1
        if reset:
            if self._in_reset and valid != 0:
                self.fail("valid must be low in reset")
            self._in_reset, self.transfers = True, 0
            self._hold.reset()
            return False
        self._in_reset = False
        if valid is None or ready is None:
            self.fail("valid and ready must be known after reset")
        transfer = self._hold.sample(valid, ready, payload, self.cycle)
        if valid and payload is None:
            self.fail("payload must be known while valid is high")
        self.transfers += transfer
        return transfer


class LiteRules:
    """All five channels of an AXI4-Lite bus. Call :meth:`finish` at the end of a run.

    Each channel obeys :class:`StreamRules`; a request has at most one response, which comes after it; no response is
    EXOKAY, which only AXI4 has.

    Parameters
    ----------
    name : str
        Name of the bus, for messages.
    """

    def __init__(self, name: str):
        self.name = name
        self.channels = {channel: StreamRules(f"{name} {channel}") for channel in LITE_CHANNELS}

    def sample(self, reset: int, signals: dict[str, int | None]):
        """Check one cycle; ``signals`` by their lower-case names."""
        counts = {channel: rules.transfers for channel, rules in self.channels.items()}  # before this cycle
        for channel, rules in self.channels.items():
            words = [signals[name] for name in LITE_CHANNELS[channel]]
            payload = None
            if None not in words:
                payload = sum((word or 0) << 32 * index for index, word in enumerate(words))
            valid = signals[f"{channel}valid"]
            rules.sample(reset, valid, signals[f"{channel}ready"], payload)
            if reset or not valid:
                continue
            requests = {"b": min(counts["aw"], counts["w"]), "r": counts["ar"]}.get(channel)
            if requests is not None:
                if counts[channel] >= requests:
                    rules.fail("a response without its request")
                if signals[f"{channel}resp"] == _EXOKAY:
                    rules.fail("EXOKAY is not a response of AXI4-Lite")

    def finish(self):
        """Check that every request has its response."""
        counts = {channel: rules.transfers for channel, rules in self.channels.items()}
        if not counts["aw"] == counts["w"] == counts["b"]:
            raise AssertionError(f"{self.name}: {counts['aw']} addresses, {counts['w']} words, {counts['b']} responses")
        if counts["ar"] != counts["r"]:
            raise AssertionError(f"{self.name}: {counts['ar']} reads, {counts['r']} answers")
