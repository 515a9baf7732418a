"""The shell around a network: AXI4-Lite registers, AXI4-Stream in and out, performance counters, and the core's top."""

from .axi_lite import AXI_LITE_PORTS, AxiLiteSlave, axi_lite_ports
from .bank import RegisterBank
from .clip_input import ClipInput
from .config import ShellConfig
from .counters import Counters
from .result_output import ResultOutput

__all__ = ["AXI_LITE_PORTS", "AxiLiteSlave", "ClipInput", "Counters", "RegisterBank", "ResultOutput",
           "ShellConfig", "axi_lite_ports"]
