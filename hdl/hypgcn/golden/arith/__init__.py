"""Golden model of ``hypgcn.arith``, a module per unit."""
