"""Golden twins of ``hypgcn.rfc``."""
