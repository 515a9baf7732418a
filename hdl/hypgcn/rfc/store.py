"""Row store: compressed rows of features in mini-banks, written once, read by several readers."""

from dataclasses import replace

from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..mem import Ram
from ..stream.layouts import vector_layout
from .store_config import RowStoreConfig
from .store_reader import StoreReader, reader_ports
from .store_writer import COUNT_WIDTH, StoreWriter

__all__ = ["RowStore", "RowStoreConfig"]


class RowStore(wiring.Component):
    """Buffer of the last rows of a stream of vectors, without their zeros.

    Row r since reset is in slot ``r mod rows``. Of ``window`` rows in sequence, mini-bank j keeps at most ``depths[j]``
    vectors with more than ``4 j`` non-zeros; values beyond are truncated, counted and flagged (``docs/numbers.md``,
    "What a store may lose"). All readers get the same values. Each mini-bank is a ring over all rows: where it has no
    free word, the writer waits until a row is released. It never waits for one of the last ``window`` rows.

    Throughput: one vector a cycle in, ``ports`` a cycle out. Latency: ``StoreWriter.LATENCY`` cycles from a row's last
    vector to ``row_done``, and ``StoreReader.LATENCY`` from a request to its response. ``i`` stalls while ``rows`` rows
    are held or a ring that a vector needs is full. Each reader has a FIFO of ``answers`` responses, and a read starts
    only when a place of it is free: such a reader may hold back its responses for any time. One without a FIFO takes
    every response in its first cycle, and is not asked whether it can. A row may be read from its ``row_done`` until
    its ``release``, at which all its responses must have been taken.

    Storage, for each port: ``16 * rows * joints * banks`` bits of headers, ``rows * joints * (4 * (banks - 1) + sum_j
    ceil(log2(words[j])))`` bits of bases, ``32 * sum_j words[j]`` bits of values; in LUT RAM ``2 * rows * sum_j (1 +
    ceil(log2(words[j])))`` bits of the rows' ends and per reader ``answers * (146 + tag)`` bits; see
    :class:`RowStoreConfig`. No DSP.

    Parameters
    ----------
    cfg : RowStoreConfig

    Members
    -------
    i : In(stream of :func:`vector_layout`)
        Vectors in (frame, joint, bank) order.
    row_done : Out(1)
        A pulse per row, in order: the row can be read from this cycle on.
    row_overflow : Out(1)
        Overflow flag of that row, in the cycle of ``row_done``.
    release : In(1)
        Frees the oldest row in each cycle in which it is high; not more often than ``row_done``.
    req : In(streams of :func:`row_request_layout`)
        A tuple with one per reader, members ``req0``, ``req1``, ...
    rsp : Out(streams of :func:`row_response_layout`)
        A tuple with one per reader, in the order of its requests, members ``rsp0``, ``rsp1``, ...; ``vector.overflow``
        is the flag of the row: values were lost in its sequence by its end, here or upstream.
    overflow_count : Out(32)
        Vectors that lost values here since reset; saturates.
    """

    def __init__(self, cfg: RowStoreConfig):
        self.cfg = cfg
        super().__init__({
            "i": In(stream.Signature(vector_layout())),
            "row_done": Out(1),
            "row_overflow": Out(1),
            "release": In(1),
            **reader_ports(cfg),
            "overflow_count": Out(COUNT_WIDTH),
        })

    @property
    def req(self):
        """Request streams of the readers."""
        return tuple(getattr(self, f"req{k}") for k in range(len(self.cfg.tags)))

    @property
    def rsp(self):
        """Response streams of the readers."""
        return tuple(getattr(self, f"rsp{k}") for k in range(len(self.cfg.tags)))

    def elaborate(self, platform):
        m = Module()
        cfg = self.cfg
        m.submodules.writer = writer = StoreWriter(cfg)
        for port in range(cfg.ports):
            self._port(m, writer, port)
        wiring.connect(m, wiring.flipped(self.i), writer.i)
        m.d.comb += [
            writer.release.eq(self.release),
            self.row_done.eq(writer.row_done),
            self.row_overflow.eq(writer.row_overflow),
            self.overflow_count.eq(writer.overflow_count),
        ]
        return m

    def _port(self, m, writer, port):
        """Memories and reader of a port; all ports are written alike."""
        cfg = self.cfg
        suffix = "" if cfg.ports == 1 else f"_{port}"
        readers = cfg.readers(port)
        reader = StoreReader(replace(cfg, tags=tuple(cfg.tags[k] for k in readers),
                                     answers=tuple(cfg.places[k] for k in readers), ports=1))
        m.submodules[f"reader{suffix}"] = reader
        memories = [("header", cfg.header_shape, StoreReader.HEADER_LATENCY, writer.header, reader.header),
                    ("base", cfg.base_shape, StoreReader.HEADER_LATENCY, writer.base, reader.base)]
        memories += [(f"data{j}", shape, StoreReader.DATA_LATENCY, writer.data[j], reader.data[j])
                     for j, shape in enumerate(cfg.data_shapes)]
        # All read latencies are 2, with the output register of a block RAM: its clock-to-out delay is far shorter.
        for name, (width, depth), latency, write, read in memories:
            style = "ultra" if name in cfg.ultra_memories else "auto"
            m.submodules[f"{name}{suffix}"] = ram = Ram(width, depth, latency=latency, style=style)
            m.d.comb += [
                ram.w_addr.eq(write.addr), ram.w_data.eq(write.data), ram.w_en.eq(write.en),
                ram.r_addr.eq(read.addr), read.data.eq(ram.r_data),
            ]
        for place, k in enumerate(readers):
            wiring.connect(m, wiring.flipped(self.req[k]), reader.req[place])
            wiring.connect(m, reader.rsp[place], wiring.flipped(self.rsp[k]))
        m.d.comb += reader.flags.eq(writer.flags)
