"""From a design (a folder or a preset) to SystemVerilog: ``python examples/design_to_verilog.py DESIGN OUT``."""
import sys

from hypgcn import load_design
from hypgcn.generate import generate

design = load_design(sys.argv[1])
generate(design, None, sys.argv[2])
