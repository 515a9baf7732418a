"""The offline path: from skeleton recordings to a pruned int8 design. The only package that imports torch."""
