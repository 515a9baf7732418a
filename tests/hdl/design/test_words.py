import pytest

from hypgcn.design.words import filled_words


@pytest.mark.parametrize(("words", "filled"), [
    (1, 1), (2, 2), (3, 4), (33, 64), (64, 64), (65, 512), (512, 512), (513, 1024), (1025, 1536)])
def test_powers_of_two_in_lut_ram_and_half_block_rams(words, filled):
    assert filled_words(words) == filled
