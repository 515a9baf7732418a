"""Golden twins of ``hypgcn.spatial``."""
