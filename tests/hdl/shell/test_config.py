"""Shape of the shell: derived numbers, and strict about what is not."""

import pytest
from ensembles import small_ensemble

from hypgcn.design.presets import preset
from hypgcn.shell import ShellConfig

GOOD = dict(persons=2, frames=6, joints=5, channels=3, classes=4, logit_width=30, blocks=2, hash="0123456789abcdefff")


def test_derived_numbers():
    cfg = ShellConfig(**GOOD, bus_width=64)
    assert (cfg.clip_bytes, cfg.bus_bytes) == (180, 8)
    assert cfg.hash_words == (0x89abcdef, 0x01234567)
    raw = ShellConfig(**GOOD, element_width=16)
    assert (cfg.elements, raw.elements, raw.element_bytes, raw.clip_bytes) == (180, 180, 2, 360)


def test_of_a_design():
    design = preset("tiny")
    cfg = ShellConfig.of(design, 16)
    assert cfg.clip_bytes == design.persons * design.frames * design.joints * design.channels
    assert (cfg.blocks, cfg.bus_width, cfg.hash) == (len(design.blocks), 16, design.hash)


def test_of_an_ensemble():
    ensemble = small_ensemble()
    cfg = ShellConfig.of_ensemble(ensemble)
    assert (cfg, ShellConfig.of(preset("tiny"), 16)) == (ShellConfig.of_network(ensemble),
                                                         ShellConfig.of_network(preset("tiny"), 16))
    assert cfg.stream_blocks == tuple(len(design.blocks) for design in ensemble.designs) and cfg.blocks == 2
    assert cfg.stream_widths == tuple(design.logit_width for design in ensemble.designs)
    assert (cfg.result_words, ShellConfig(**GOOD).result_words) == (3 * 3 + 3, 4 + 3)


@pytest.mark.parametrize(("change", "error", "text"), [
    ({"stream_widths": (9,), "stream_blocks": (2,)}, ValueError, "streams must be in 2..8, not 1"),
    ({"stream_widths": (9, 49), "stream_blocks": (1, 1)}, ValueError, r"stream_widths\[1\] must be in 2..48, not 49"),
    ({"stream_widths": (9, 9), "stream_blocks": (2,)}, ValueError,
     r"stream_blocks must be at least 1 for each of 2 streams, 2 together, not \(2,\)"),
    ({"stream_widths": (9, 9), "stream_blocks": (2, 0)}, ValueError, r"stream_blocks must be .* not \(2, 0\)"),
    ({"stream_widths": (9, 9), "stream_blocks": (2, 1)}, ValueError, r"stream_blocks must be .* not \(2, 1\)"),
    ({"stream_blocks": (2,)}, ValueError, r"stream_blocks must be .* not \(2,\)"),
    ({"persons": 0}, ValueError, "persons must be in 1..16, not 0"),
    ({"frames": 4097}, ValueError, "frames must be in 1..4096, not 4097"),
    ({"blocks": 65}, ValueError, "blocks must be in 1..64, not 65"),
    ({"logit_width": 49}, ValueError, "logit_width must be in 2..48, not 49"),
    ({"clips_inside": 1}, ValueError, "clips_inside must be in 2..32, not 1"),
    ({"classes": 2.0}, TypeError, "classes must be an integer, not 2.0"),
    ({"joints": True}, TypeError, "joints must be an integer, not True"),
    ({"bus_width": 24}, ValueError, "bus_width must be one of 8, 16, 32, 64, 128, 256, 512, not 24"),
    ({"element_width": 24}, ValueError, "element_width must be one of 8, 16, not 24"),
    ({"element_width": 16, "bus_width": 8}, ValueError,
     "bus_width must be at least 16 for raw joints, which have 16 bits a coordinate, not 8"),
    ({"hash": "xyz"}, ValueError, "hash must be at least 16 hexadecimal digits, not 'xyz'"),
    ({"hash": None}, ValueError, "hash must be at least 16 hexadecimal digits, not None"),
    ({"hash": "abc"}, ValueError, "hash must be at least 16 hexadecimal digits, not 'abc'"),
])
def test_bad_values(change, error, text):
    with pytest.raises((error, TypeError) if change.get("hash", 1) is None else error, match=text):
        ShellConfig(**{**GOOD, **change})
