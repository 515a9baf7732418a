"""The rules of AXI4-Stream and AXI4-Lite, checked cycle by cycle.

Plain Python: a process of any simulator samples the signals before every rising edge of the clock and hands them over.
An unknown value (X or Z) is ``None``. A broken rule raises :exc:`AssertionError` that names the bus and the cycle.
"""

__all__ = ["LITE_CHANNELS", "LiteRules", "StreamRules"]

LITE_CHANNELS = {
    "aw": ("awaddr", "awprot"), "w": ("wdata", "wstrb"), "b": ("bresp",), "ar": ("araddr", "arprot"),
    "r": ("rdata", "rresp"),
}
"""Payload signals of the channels of AXI4-Lite."""

_EXOKAY = 1


class StreamRules:
    """One channel with valid and ready.

    After reset valid and ready are known, and so is the payload while valid is high. Once valid is high, valid and
    payload stay until the transfer. Valid is low from the second cycle of a reset on.

    name : for messages; ``transfers`` counts since the last reset
    """

    def __init__(self, name: str):
        self.name = name
        self.transfers = 0
        self.cycle = 0
        self._in_reset = 0
        self._held: int | None = None

    def fail(self, text: str):
        raise AssertionError(f"{self.name}: {text}, at cycle {self.cycle}")

    def sample(self, reset: int, valid: int | None, ready: int | None, payload: int | None) -> bool:
        """Check one cycle; whether a transfer happens in it."""
        self.cycle += 1
        if reset:
            if self._in_reset and valid != 0:
                self.fail("valid must be low in reset")
            self._in_reset, self._held, self.transfers = 1, None, 0
            return False
        self._in_reset = 0
        if valid is None or ready is None:
            self.fail("valid and ready must be known after reset")
        if self._held is not None:
            if not valid:
                self.fail("valid dropped before the transfer")
            if payload != self._held:
                self.fail("payload changed before the transfer")
        if not valid:
            return False
        if payload is None:
            self.fail("payload must be known while valid is high")
        self._held = None if ready else payload
        self.transfers += bool(ready)
        return bool(ready)


class LiteRules:
    """All five channels of an AXI4-Lite bus: each as :class:`StreamRules`, no response without its request, at most one
    per request, no response that AXI4-Lite does not have. Call :meth:`finish` at the end of a run."""

    def __init__(self, name: str):
        self.name = name
        self.channels = {channel: StreamRules(f"{name} {channel}") for channel in LITE_CHANNELS}

    def sample(self, reset: int, signals: dict[str, int | None]):
        """Check one cycle; ``signals`` by their lower-case names."""
        counts = {channel: rules.transfers for channel, rules in self.channels.items()}  # before this cycle
        for channel, rules in self.channels.items():
            parts = [signals[name] for name in LITE_CHANNELS[channel]]
            payload = None
            if None not in parts:
                payload = sum((part or 0) << 32 * index for index, part in enumerate(parts))
            valid = signals[f"{channel}valid"]
            rules.sample(reset, valid, signals[f"{channel}ready"], payload)
            if reset or not valid:
                continue
            asked = {"b": min(counts["aw"], counts["w"]), "r": counts["ar"]}.get(channel)
            if asked is not None:
                if counts[channel] >= asked:
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
