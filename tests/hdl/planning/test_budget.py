"""Budgets: counts, shares of a device, and what is no budget."""

import pytest

from hypgcn.planning.budget import Budget
from hypgcn.planning.device import Device


def test_budget_of_a_device():
    device = Device.load("xcku040")
    assert Budget.of(device, dsp="50%", lut="1000") == Budget(dsp=960, bram36=600, lut=1000)
    with pytest.raises(ValueError, match="lut must be a count, or a share of at most 100% such as 80%, not 'many'"):
        Budget.of(device, lut="many")
    for share in ("200%", "100.1%", "nan%"):
        with pytest.raises(ValueError, match=f"dsp must be a count, or a share of at most 100% such as 80%, not "
                                             f"'{share}'"):
            Budget.of(device, dsp=share)
    assert Budget.of(device, dsp="100%").dsp == device.dsp
    with pytest.raises(ValueError, match="dsp must be at least 1, not 0"):
        Budget.of(device, dsp="0")
    with pytest.raises(TypeError, match="dsp must be a number, not '3'"):
        Budget(dsp="3", bram36=1, lut=1)
