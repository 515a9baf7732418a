import pytest

from hypgcn.mem.common import check_choice, check_int, garbage


def test_checks():
    check_int("depth", 1, 1)
    check_choice("style", "auto", ("auto", "block"))
    for value in (4.0, True, "4"):
        with pytest.raises(TypeError, match="depth must be an integer, not"):
            check_int("depth", value, 1)
    with pytest.raises(ValueError, match="depth must be at least 1, not 0"):
        check_int("depth", 0, 1)
    with pytest.raises(ValueError, match="style must be one of 'auto', 'block', not 'x'"):
        check_choice("style", "x", ("auto", "block"))


def test_garbage():
    """Simulation starts with the same non-zero words each time; a vendor's platform with none."""
    words = garbage(16, 100, None)
    assert words == garbage(16, 100, None)
    assert 0 < max(words) < 1 << 16
    assert garbage(16, 100, object()) == []
