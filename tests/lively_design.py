"""Seeded networks whose response to a zero clip is not zero."""

from dataclasses import replace

__all__ = ["lively"]


def lively(design):
    """``design`` with positive biases."""
    return replace(design, blocks=tuple(replace(block, h_bias=abs(block.h_bias), y_bias=abs(block.y_bias))
                                        for block in design.blocks))
