"""The allocator: which folding is fastest within a budget."""
