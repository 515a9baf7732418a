from hypgcn.mem.common import garbage


def test_garbage():
    """Simulation starts with the same non-zero words each time; a vendor's platform with none."""
    words = garbage(16, 100, None)
    assert words == garbage(16, 100, None)
    assert 0 < max(words) < 1 << 16
    assert garbage(16, 100, object()) == []
