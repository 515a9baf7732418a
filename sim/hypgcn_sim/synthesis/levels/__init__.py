"""Logic levels of mapped netlists: the cells, the graph of all instances, the deepest paths, and those of a network
that is mapped in parts."""
