"""Golden twins of ``hypgcn.arith``."""
