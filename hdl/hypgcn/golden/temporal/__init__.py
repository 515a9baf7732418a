"""Golden model of ``hypgcn.temporal``, a module per unit."""
