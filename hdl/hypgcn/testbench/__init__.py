"""Testbench that comes with an emitted core: plain SystemVerilog, clips, expected results, a Makefile."""

from .files import files_of_testbench

__all__ = ["files_of_testbench"]
