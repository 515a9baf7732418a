"""The 1x1 convolution on lanes: zeros of Z are neither stored nor multiplied."""

from amaranth import *
from amaranth.lib import wiring

from ..rfc import encoder_of
from ..sparse import SparseUnit
from ..stream import connect
from .config import SpatialConfig
from .corner_turn import CornerTurn
from .dense import attach_flag, convolution_members

__all__ = ["SparseConvolution"]


class SparseConvolution(wiring.Component):
    """Corner turn, encoder, store of Z, and lanes: entries of Z in, H out.

    The store has room for every value of its rows, so that nothing is lost in it.

    Throughput: a row takes as long as the slowest of corner turn (:attr:`CornerTurnConfig.cycles`), lanes and combiner
    (:class:`~hypgcn.sparse.SparseUnit`). Latency: about two rows. Stall: a held ``o`` stops stage after stage,
    without loss. Storage and DSP: see the stages.

    Parameters
    ----------
    cfg : SpatialConfig

    Members
    -------
    see :func:`~hypgcn.spatial.dense.convolution_members`
    """

    def __init__(self, cfg: SpatialConfig):
        self.cfg = cfg
        super().__init__(convolution_members(cfg))

    def elaborate(self, platform):
        """The stages, and the streams between them."""
        m = Module()
        cfg = self.cfg
        m.submodules.turn = turn = CornerTurn(cfg.turn)
        m.submodules.z_encoder = encoder = encoder_of(cfg.folding.z_width)
        m.submodules.lanes = lanes = SparseUnit(cfg.lanes)

        connect(m, wiring.flipped(self.i), turn.i)
        # The dead zone was applied by the graph unit; here it would also meet the copies of X.
        attach_flag(m, wiring.flipped(self.flag), turn.o, encoder, cfg.joints * cfg.turn.banks)
        connect(m, encoder.o, lanes.i)
        connect(m, lanes.o, wiring.flipped(self.o))
        m.d.comb += [encoder.threshold.eq(0), lanes.threshold.eq(self.threshold), self.x_used.eq(lanes.x_release)]
        if cfg.block.shortcut_h == "identity":
            connect(m, lanes.x_req, wiring.flipped(self.res_req))
            connect(m, wiring.flipped(self.res_rsp), lanes.x_rsp)
        if cfg.counters:
            m.d.comb += [
                self.states.conv.eq(lanes.states.lanes),
                self.states.h_requant.eq(lanes.states.combine),
                self.states.h_rows.eq(lanes.states.h_reads),
            ]
        return m
