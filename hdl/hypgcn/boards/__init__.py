"""Boards: a network behind a UART, the pins of boards, build files and bitstreams."""

from .board import BOARDS, Board

__all__ = ["BOARDS", "Board"]
