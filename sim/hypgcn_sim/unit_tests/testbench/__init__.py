"""cocotb modules that run inside the simulator; :mod:`hypgcn_sim.unit_tests.case` writes what they read."""
