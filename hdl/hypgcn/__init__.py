"""Generator of sparse, fully on-chip 2s-AGCN accelerators, in Amaranth. Import the units from their own modules."""

__version__ = "0.1.0"
