"""What is pruned, and how."""
