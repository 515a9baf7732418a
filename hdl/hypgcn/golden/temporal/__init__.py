"""Golden twins of ``hypgcn.temporal``."""
