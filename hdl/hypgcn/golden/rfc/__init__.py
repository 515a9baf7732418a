"""Golden model of ``hypgcn.rfc``, a module per unit."""
