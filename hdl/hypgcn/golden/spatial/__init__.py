"""Golden model of ``hypgcn.spatial``, a module per unit."""
