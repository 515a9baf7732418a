"""The spatial unit: rows of X in, rows of H out."""

from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..stream import connect
from ..stream.activity import state_of
from ..stream.layouts import row_request_layout, row_response_layout, vector_layout
from .config import SpatialConfig
from .dense import DenseConvolution
from .frame_buffer import FrameBuffer
from .graph import GraphUnit
from .loader import RowLoader
from .sparse import SparseConvolution

__all__ = ["SpatialUnit"]


class SpatialUnit(wiring.Component):
    """Graph product and 1x1 convolution of the rows of X, shortcut, requantisation and threshold: ``H[t,w,o]`` of
    ``docs/numbers.md``.

    A row-level pipeline: every stage works on a row of its own, with up to seven rows in flight.

    The 1x1 convolution is :class:`~hypgcn.spatial.dense.DenseConvolution`, or with ``conv_lanes``
    :class:`~hypgcn.spatial.sparse.SparseConvolution`.

    Throughput: a row takes as long as its slowest stage (with the array :meth:`SpatialConfig.cycles`), and a few
    cycles more where two stages take equally long.
    Latency: the sum of the stages, about their cycles for one row each.
    Stall: a held ``o`` stops stage after stage, without loss. Rows of X are only read between their ``x_row`` and
    their ``x_used``.
    DSP: ``ceil(graph_subsets * V / 2)`` packed MACs of the graph unit, ``conv_joints * conv_pairs * conv_depth`` of the
    1x1 array or ``conv_lanes * conv_pairs`` of its lanes, and ``h_width`` multipliers of the requantiser. Storage: see
    the stages.

    Parameters
    ----------
    cfg : SpatialConfig

    Members
    -------
    x_row : In(1)
        Pulse: a row of X is complete in the store, in the slot after that of the row before.
    x_used : Out(1)
        Pulse: this unit has read a row of X and its answers have arrived; as many as ``x_row``, in order.
    load_req, load_rsp : Out, In(streams of :func:`row_request_layout`, :func:`row_response_layout`)
        Reads of the loader, without tag.
    res_req, res_rsp : Out, In(the same)
        Reads of the shortcut; only when ``shortcut_h`` is an identity.
    threshold : In(7)
        Values of H up to this become 0.
    o : Out(stream of :func:`vector_layout`)
        H in (joint, bank) order; ``overflow`` is that of the row of X.
    states : Out(``cfg.states``)
        What the units do; only with ``cfg.counters``.
    """

    def __init__(self, cfg: SpatialConfig):
        self.cfg = cfg
        request = stream.Signature(row_request_layout(cfg.folding.x_rows, cfg.joints, cfg.block.in_banks, 0))
        response = stream.Signature(row_response_layout(0))
        ports = {"x_row": In(1), "x_used": Out(1), "load_req": Out(request), "load_rsp": In(response)}
        if cfg.block.shortcut_h == "identity":
            ports |= {"res_req": Out(request), "res_rsp": In(response)}
        if cfg.counters:
            ports["states"] = Out(cfg.states)
        super().__init__({**ports, "threshold": In(7), "o": Out(stream.Signature(vector_layout()))})

    def elaborate(self, platform):
        m = Module()
        cfg = self.cfg
        identity = cfg.block.shortcut_h == "identity"
        m.submodules.loader = loader = RowLoader(cfg.loader)
        m.submodules.buffer = buffer = FrameBuffer(cfg.buffer)
        m.submodules.graph = graph = GraphUnit(cfg.graph)
        m.submodules.conv = conv = SparseConvolution(cfg) if cfg.on_lanes else DenseConvolution(cfg)

        connect(m, loader.req, wiring.flipped(self.load_req))
        connect(m, wiring.flipped(self.load_rsp), loader.rsp)
        for source, sink in ((loader.o, buffer.i), (buffer.o, graph.i), (graph.o, conv.i), (loader.overflow, conv.flag),
                             (conv.o, wiring.flipped(self.o))):
            connect(m, source, sink)
        m.d.comb += [
            loader.x_row.eq(self.x_row), conv.x_row.eq(self.x_row), conv.threshold.eq(self.threshold),
            self.x_used.eq(conv.x_used if identity else loader.row_read),
        ]
        if identity:
            connect(m, conv.res_req, wiring.flipped(self.res_req))
            connect(m, wiring.flipped(self.res_rsp), conv.res_rsp)
        if cfg.counters:
            m.d.comb += [
                self.states.loader.eq(state_of(loader.o)),
                self.states.graph.eq(state_of(graph.i)),
                *(self.states[name].eq(conv.states[name]) for name in ("conv", "h_requant", "h_rows")),
            ]
        return m
