"""Performance counters: the cycles in which every unit of a network was busy, starved and blocked."""

from amaranth import *
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from .stream.activity import STATES, state_layout

__all__ = ["PerformanceCounters", "counts_layout"]


def counts_layout(units: int) -> data.ArrayLayout:
    """Counters of ``units`` units, 32 bits each, in the order (unit, state of :data:`STATES`)."""
    return data.ArrayLayout(data.ArrayLayout(32, len(STATES)), units)


class PerformanceCounters(wiring.Component):
    """For every unit, the cycles since reset in which it was busy, starved and blocked.

    Instances of a unit that share a name, as the lanes of a block do, are counted together: their counts add up to the
    cycles times their number. Counters wrap at 2^32. Latency: a state is counted two cycles later. Storage: 96
    flip-flops per unit for the counters, and a few in front of them.

    Parameters
    ----------
    states : StructLayout
        The units that are counted. A field is the state of one unit (:func:`state_layout`), an array of the states of
        several instances, or a struct of the same kind, for the units inside a unit.

    Members
    -------
    states : In(``states``)
        What every unit does in this cycle.
    counts : Out(units x 3 x 32)
        Per unit, in the order of the fields, the cycles busy, starved and blocked.
    """

    def __init__(self, states: data.StructLayout):
        super().__init__({"states": In(states), "counts": Out(counts_layout(len(_units(states))))})

    def elaborate(self, platform):
        m = Module()
        for index, path in enumerate(_units(self.states.shape())):
            unit = self.states
            for name in path:
                unit = unit[name]
            instances = [unit] if unit.shape() == state_layout() else list(unit)
            for number, state in enumerate(STATES):
                # A register in front: the paths into the counters are no part of the units' timing.
                active = Signal(range(len(instances) + 1), name=f"{state}{index}")
                count = self.counts[index][number]
                m.d.sync += [
                    active.eq(sum(instance[state] for instance in instances)),
                    count.eq(count + active),
                ]
        return m


def _units(layout) -> list[tuple[str, ...]]:
    """Path of every counted unit in ``layout``, in the order of its fields."""
    if layout == state_layout() or isinstance(layout, data.ArrayLayout):
        return [()]
    return [(name, *path) for name, field in layout for path in _units(field.shape)]
