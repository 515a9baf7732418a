"""Whole clips through the whole network at full speed, in a C++ testbench: cycles, latency, use of every unit."""
