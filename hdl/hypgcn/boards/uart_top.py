"""A network between the two lines of a UART."""

from collections.abc import Sequence

from amaranth import *
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ..design import Design
from ..design.ensemble import Ensemble
from ..design.folding import Folding
from ..ensemble import EnsembleNetwork
from ..network import Network
from ..stream import connect
from .clip_server import ClipServer, ClipServerConfig
from .frames import FrameReceiver, FrameSender
from .uart import UartReceiver, UartTransmitter

__all__ = ["UartTop"]


class UartTop(wiring.Component):
    """Classifies clips that arrive over a UART, by the protocol of ``docs/boards.md``.

    One clip at a time. Throughput: a clip takes ``10 * divisor`` cycles for each of its ``clip_bytes + 7`` bytes and
    of the ``classes * class_bytes + 7`` bytes of the reply, escapes not counted, and the latency of the network.

    Parameters
    ----------
    cfg : ClipServerConfig
    core : Component
        With the members ``i``, ``o`` and ``threshold_raise`` of :class:`~hypgcn.network.Network`.
    divisor : int, >= 4
        Cycles per bit of the UART.

    Members
    -------
    rx, tx : In(1), Out(1)
        The lines.
    busy : Out(1)
        A request is being worked on.
    """

    def __init__(self, cfg: ClipServerConfig, core, divisor: int):
        self.cfg, self.core, self.divisor = cfg, core, divisor
        self.receiver, self.transmitter = UartReceiver(divisor), UartTransmitter(divisor)
        super().__init__({"rx": In(1, init=1), "tx": Out(1, init=1), "busy": Out(1)})

    @classmethod
    def of(cls, design: Design, folding: Folding, divisor: int) -> "UartTop":
        """UART top of ``design`` with the parallelism of ``folding``."""
        return cls(ClipServerConfig.of(design), Network(design, folding), divisor)

    @classmethod
    def of_ensemble(cls, ensemble: Ensemble, foldings: Sequence[Folding], divisor: int) -> "UartTop":
        """UART top of ``ensemble`` with the parallelism of ``foldings``, one a network."""
        return cls(ClipServerConfig.of_ensemble(ensemble), EnsembleNetwork(ensemble, foldings), divisor)

    def elaborate(self, platform):
        m = Module()
        m.submodules.receiver = receiver = self.receiver
        m.submodules.transmitter = transmitter = self.transmitter
        m.submodules.frames_in = frames = FrameReceiver()
        m.submodules.frames_out = sender = FrameSender()
        m.submodules.server = server = ClipServer(self.cfg)
        m.submodules.core = core = self.core
        m.d.comb += [receiver.rx.eq(self.rx), self.tx.eq(transmitter.tx), self.busy.eq(server.busy)]
        m.d.comb += [getattr(frames, name).eq(getattr(receiver, name)) for name in ("data", "strobe", "broken")]
        m.d.comb += [getattr(server, name).eq(getattr(frames, name))
                     for name in ("byte", "byte_strobe", "end", "good", "inside")]
        connect(m, server.joints, core.i)
        connect(m, core.o, server.scores)
        connect(m, server.reply, sender.i)
        connect(m, sender.o, transmitter.i)
        return m
