"""What networks answer about recordings: class names and probabilities."""
