"""Yosys on the emitted text: resources, logic levels, lint."""
