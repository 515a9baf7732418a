"""From a design and a device to a folding: estimates, budgets, and the allocator that chooses by them."""
