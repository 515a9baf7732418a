"""Golden twin of ``hypgcn.rfc.decoder``."""

__all__ = ["token_pairs", "tokens"]


def tokens(mask: int, values) -> list[tuple[int, int, int]]:
    """``(channel, value, last)`` of each token of one compressed vector; an empty vector gives ``(0, 0, 1)``."""
    channels = [c for c in range(mask.bit_length()) if mask >> c & 1]
    if not channels:
        return [(0, 0, 1)]
    return [(c, int(values[n]), int(n == len(channels) - 1)) for n, c in enumerate(channels)]


def token_pairs(mask: int, values) -> list[tuple[list[int], list[int], int]]:
    """``(channels, values, last)`` of each pair of neighbours in :func:`tokens`, filled up with ``(0, 0)``."""
    found = [(channel, value) for channel, value, _ in tokens(mask, values)]
    found += [(0, 0)] * (len(found) % 2)
    return [([first[0], second[0]], [first[1], second[1]], int(2 * n + 2 == len(found)))
            for n, (first, second) in enumerate(zip(found[::2], found[1::2]))]
