"""All benches, by name.

A row is a function from the :class:`~hypgcn_sim.unit_tests.context.Context` to a
:class:`~hypgcn_sim.unit_tests.case.Case`. A new unit needs
one function beside its relatives, and a row in the ``BENCHES`` of that file.
"""

from ..context import Bench
from . import arith, core, rfc, spatial, temporal, whole

__all__ = ["BENCHES"]

BENCHES: dict[str, Bench] = {
    **arith.BENCHES, **rfc.BENCHES, **spatial.BENCHES, **temporal.BENCHES, **whole.BENCHES,
    **core.BENCHES}
"""From the smallest unit to the whole core."""
