"""The spatial unit: rows of X in, rows of H out."""

from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith.bits import stepped
from ..stream import connect
from ..stream.activity import state_of
from ..stream.layouts import row_request_layout, row_response_layout, vector_layout
from .config import SpatialConfig
from .dense import DenseConvolution
from .frame_buffer import FrameBuffer
from .graph import GraphUnit
from .loader import RowLoader
from .merge import Merge
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
    DSP: ``ceil(graph_subsets * V / 2)`` packed MACs of each graph unit, ``conv_joints * conv_pairs * conv_depth`` of
    the 1x1 array or ``conv_lanes * conv_pairs`` of its lanes, and ``h_width`` multipliers of the requantiser, or fewer
    by ``h_requant``. Storage: see the stages.

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
        Reads of the loaders, without tag; one stream for each graph unit.
    res_req, res_rsp : Out, In(the same)
        Reads of the shortcut; only when ``shortcut_h`` is an identity.
    threshold : In(7)
        Values of H up to this become 0.
    o : Out(stream of :func:`vector_layout`)
        H in (joint, bank) order; ``overflow`` is that of the row of X.
    states : Out(``cfg.states``)
        What the units do; only with ``cfg.counters``.
    """

    module_file = True

    def __init__(self, cfg: SpatialConfig):
        self.cfg = cfg
        request = stream.Signature(row_request_layout(cfg.folding.x_rows, cfg.joints, cfg.block.in_banks, 0))
        response = stream.Signature(row_response_layout(0))
        units = cfg.folding.graph_units
        ports = {"x_row": In(1), "x_used": Out(1), "load_req": Out(request).array(units),
                 "load_rsp": In(response).array(units)}
        if cfg.block.shortcut_h == "identity":
            ports |= {"res_req": Out(request), "res_rsp": In(response)}
        if cfg.counters:
            ports["states"] = Out(cfg.states)
        super().__init__({**ports, "threshold": In(7), "o": Out(stream.Signature(vector_layout()))})

    def elaborate(self, platform):
        m = Module()
        cfg = self.cfg
        identity = cfg.block.shortcut_h == "identity"
        m.submodules.conv = conv = SparseConvolution(cfg) if cfg.on_lanes else DenseConvolution(cfg)
        loaders, graphs = self._graph_product(m, conv.i)
        # All loaders read the same rows: one gives their flags.
        connect(m, loaders[0].overflow, conv.flag)
        m.d.comb += [loader.overflow.ready.eq(1) for loader in loaders[1:]]
        connect(m, conv.o, wiring.flipped(self.o))
        m.d.comb += [
            conv.x_row.eq(self.x_row), conv.threshold.eq(self.threshold),
            # The shortcut into H follows the graph product, so all loaders are done with a row before it.
            self.x_used.eq(conv.x_used if identity else self._read_by_all(m, loaders)),
        ]
        if identity:
            connect(m, conv.res_req, wiring.flipped(self.res_req))
            connect(m, wiring.flipped(self.res_rsp), conv.res_rsp)
        if cfg.counters:
            m.d.comb += [
                self.states.loader.eq(state_of(*(loader.o for loader in loaders))),
                self.states.graph.eq(state_of(*(graph.i for graph in graphs))),
                *(self.states[name].eq(conv.states[name]) for name in ("conv", "h_requant", "h_rows")),
            ]
        return m

    def _graph_product(self, m, words):
        """Loaders, frame buffers and graph units of all shares of the channels; their entries go to ``words``."""
        loaders, graphs = [], []
        for index, part in enumerate(self.cfg.parts):
            number = index if self.cfg.folding.graph_units > 1 else ""
            loader, buffer, graph = RowLoader(part.loader), FrameBuffer(part.buffer), GraphUnit(part.graph)
            for name, unit in (("loader", loader), ("buffer", buffer), ("graph", graph)):
                m.submodules[f"{name}{number}"] = unit
            connect(m, loader.req, wiring.flipped(self.load_req[index]))
            connect(m, wiring.flipped(self.load_rsp[index]), loader.rsp)
            connect(m, loader.o, buffer.i)
            connect(m, buffer.o, graph.i)
            m.d.comb += loader.x_row.eq(self.x_row)
            loaders.append(loader)
            graphs.append(graph)
        if len(graphs) == 1:
            connect(m, graphs[0].o, words)
        else:
            counts = tuple(part.graph.entries for part in self.cfg.parts)
            m.submodules.merge = merge = Merge(words.payload.shape(), counts)
            for graph, sink in zip(graphs, merge.i):
                connect(m, graph.o, sink)
            connect(m, merge.o, words)
        return loaders, graphs

    def _read_by_all(self, m, loaders):
        """A pulse for every row that all ``loaders`` have read."""
        if len(loaders) == 1:
            return loaders[0].row_read
        used = Signal()
        read = [Signal(range(self.cfg.folding.x_rows + 1), name=f"read{index}") for index in range(len(loaders))]
        m.d.comb += used.eq(Cat(rows != 0 for rows in read).all())
        m.d.sync += [rows.eq(stepped(rows, loader.row_read, used)) for rows, loader in zip(read, loaders)]
        return used
