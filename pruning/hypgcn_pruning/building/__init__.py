"""From a quantised network to the design that is built."""
