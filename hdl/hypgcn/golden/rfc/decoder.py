"""Golden twin of ``hypgcn.rfc.decoder``."""

__all__ = ["tokens"]


def tokens(mask: int, values) -> list[tuple[int, int, int]]:
    """``(channel, value, last)`` of each token of one compressed vector; an empty vector gives ``(0, 0, 1)``."""
    channels = [c for c in range(mask.bit_length()) if mask >> c & 1]
    if not channels:
        return [(0, 0, 1)]
    return [(c, int(values[n]), int(n == len(channels) - 1)) for n, c in enumerate(channels)]
