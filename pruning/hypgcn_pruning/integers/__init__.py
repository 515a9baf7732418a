"""From the float network to int8."""
