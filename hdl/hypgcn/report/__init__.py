"""One page with everything about a design: network, pruning, accuracy, folding, resources, cycles, memory, origin."""

from .sections import report_page

__all__ = ["report_page"]
