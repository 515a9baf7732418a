"""Simulation of hypgcn: unit tests of the emitted RTL, whole clips, cosimulation, synthesis, benchmark."""
