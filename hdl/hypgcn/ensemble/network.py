"""Networks of several streams as one: clips of raw joints in, the scores of their weighted sum out."""

from collections.abc import Sequence

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..design.ensemble import Ensemble
from ..design.folding import Folding
from ..emission.shared import shared
from ..network import Network, counted_units
from ..performance_counters import counts_layout
from ..stream import connect
from ..stream.layouts import activity_layout, joint_layout, result_layout
from .fork import Fork
from .sum import EnsembleSum

__all__ = ["EnsembleNetwork"]


class EnsembleNetwork(wiring.Component):
    """Every network gets every joint, prepares it by its own raw input, and gives its scores to one sum.

    Throughput: that of the slowest network. Stall: a held ``o`` stops all networks without loss. A network has all
    joints of a clip, but for one, before another gives the clip's scores: none waits for what another holds.

    Parameters
    ----------
    ensemble : Ensemble
    foldings : sequence of Folding
        Parallelism of each network.
    counters : bool
        Add performance counters of every unit, see :class:`~hypgcn.network.Network`.

    Members
    -------
    i : In(stream, C x int16)
        One raw joint, order (person, frame, joint).
    o : Out(stream, result)
        Scores of the sum and of each network, classes ascending, ``last`` on a clip's last.
    threshold_raise : In(7)
        See :class:`~hypgcn.network.Network`; of all networks.
    overflow_counts : Out(blocks x 32)
        Of the blocks of all networks, one network after another.
    activity : Out(blocks x activity)
        The same order.
    counts : Out(units x 3 x 32)
        Of the units of all networks, one network after another; only with ``counters``.
    """

    def __init__(self, ensemble: Ensemble, foldings: Sequence[Folding], *, counters: bool = False):
        if len(foldings) != len(ensemble.designs):
            raise ValueError(f"foldings must be {len(ensemble.designs)}, one a network, not {len(foldings)}")
        for design, folding in zip(ensemble.designs, foldings):
            folding.validate(design)
        self.cfg, self.foldings, self.counters = ensemble, tuple(foldings), counters
        first, blocks = ensemble.designs[0], sum(len(design.blocks) for design in ensemble.designs)
        units = sum(len(counted_units(design)) for design in ensemble.designs)
        super().__init__({
            "i": In(stream.Signature(joint_layout(first.channels, first.element_width))),
            "o": Out(stream.Signature(result_layout(first.classes, ensemble.score_width, ensemble.logit_widths))),
            "threshold_raise": In(7),
            "overflow_counts": Out(data.ArrayLayout(32, blocks)),
            "activity": Out(data.ArrayLayout(activity_layout(), blocks)),
            **({"counts": Out(counts_layout(units))} if counters else {}),
        })

    def elaborate(self, platform):
        """Fork, networks, sum. Each network is a module of its own, with the name of its stream."""
        m = Module()
        networks = [Network(design, folding, activity=True, counters=self.counters)
                    for design, folding in zip(self.cfg.designs, self.foldings)]
        m.submodules.fork = fork = Fork(self.i.payload.shape(), len(networks))
        m.submodules.sum = total = EnsembleSum(self.cfg)
        connect(m, wiring.flipped(self.i), fork.i)
        first = 0
        for index, network in enumerate(networks):
            m.submodules[f"network{index}"] = shared(platform, network, part=self.cfg.streams[index])
            connect(m, fork.o[index], network.i)
            connect(m, network.o, getattr(total, f"i{index}"))
            m.d.comb += network.threshold_raise.eq(self.threshold_raise)
            for block in range(len(network.design.blocks)):
                m.d.comb += [self.overflow_counts[first + block].eq(network.overflow_counts[block]),
                             self.activity[first + block].eq(network.activity[block])]
            first += len(network.design.blocks)
        connect(m, total.o, wiring.flipped(self.o))
        if self.counters:
            m.d.comb += Cat(Value.cast(self.counts)).eq(Cat(Value.cast(network.counts) for network in networks))
        return m
