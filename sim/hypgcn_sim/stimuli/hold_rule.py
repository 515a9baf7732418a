"""The hold rule of streams: once valid is high, valid and payload stay as they are until the transfer.

Plain Python without a simulator: the testbenches of cocotb and of Amaranth's simulator sample a stream once a cycle and
hand the values over. ``cosim/axi_rules.hpp`` mirrors it in C++.
"""

__all__ = ["HoldRule"]


class HoldRule:
    """Checker of one stream.

    Parameters
    ----------
    name : str
        Name of the stream, for messages.
    """

    def __init__(self, name: str):
        self.name = name
        self._held: int | None = None  # the payload that waits for its transfer

    def reset(self):
        """Forget the payload that waits: a reset ends it without a transfer."""
        self._held = None

    def sample(self, valid, ready, payload: int | None, cycle: int | None = None) -> bool:
        """Check one cycle.

        Parameters
        ----------
        valid, ready : int or bool
            As sampled before the rising edge.
        payload : int or None
            Its bits, ``None`` when some are unknown; not read while ``valid`` is low.
        cycle : int or None
            Number of the cycle, for messages.

        Returns
        -------
        bool
            Whether a transfer happens in this cycle.

        Raises
        ------
        AssertionError
            When valid dropped or the payload changed before the transfer.
        """
        if self._held is not None:
            if not valid:
                self._fail("valid dropped before the transfer", cycle)
            if payload != self._held:
                self._fail("payload changed before the transfer", cycle)
        self._held = payload if valid and not ready else None
        return bool(valid and ready)

    def _fail(self, text: str, cycle: int | None):
        raise AssertionError(f"{self.name}: {text}" + ("" if cycle is None else f", at cycle {cycle}"))
