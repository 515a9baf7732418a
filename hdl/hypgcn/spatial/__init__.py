"""The spatial unit: graph product and 1x1 convolution of the rows of X, requantised to rows of H."""
