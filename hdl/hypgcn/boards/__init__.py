"""Boards: a network behind a UART, the pins of boards, and the way to a bitstream."""
