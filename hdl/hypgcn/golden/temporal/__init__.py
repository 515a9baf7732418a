"""Golden model of ``hypgcn.sparse``, a module per unit."""
