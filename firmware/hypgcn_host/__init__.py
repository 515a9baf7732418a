"""Host side of hypgcn: comes with the bus shell."""
