"""cocotb modules that run inside the simulator; :mod:`hypgcn_sim.case` writes what they read."""
