"""Simulation of hypgcn: the golden integer model, cocotb benches and the runner behind ``make sim``."""
