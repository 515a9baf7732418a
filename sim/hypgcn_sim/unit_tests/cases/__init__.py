"""All test cases, by the unit under test.

An entry is a function from the :class:`~hypgcn_sim.unit_tests.context.Context` to a
:class:`~hypgcn_sim.unit_tests.case.Case`. A new unit needs one function beside its relatives, and an entry in the
``TEST_CASES`` of that file.
"""

from ..context import CaseMaker
from . import arith, core, ensemble, network, raw_input, rfc, spatial, temporal

__all__ = ["TEST_CASES"]

TEST_CASES: dict[str, CaseMaker] = {
    **arith.TEST_CASES, **rfc.TEST_CASES, **spatial.TEST_CASES, **temporal.TEST_CASES,
    **raw_input.TEST_CASES, **network.TEST_CASES, **ensemble.TEST_CASES, **core.TEST_CASES,
}
"""From the smallest unit to the network core."""
