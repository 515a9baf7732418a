"""Every unit as emitted, in Verilator under cocotb, against the golden model."""
