"""Random vectors through single units at native speed: Verilator with a testbench in C++, against the golden model."""
