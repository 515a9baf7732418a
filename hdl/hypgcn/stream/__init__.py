"""Stream plumbing: register slices, a queue, a connection that compares payload shapes, and payloads of rows."""

from .connect import connect
from .layouts import (
    dense_layout,
    meta_vector_layout,
    row_request_layout,
    row_response_layout,
    token_layout,
    vector_layout,
)
from .queue import Queue
from .skid import HalfSkid, Skid

__all__ = ["HalfSkid", "Queue", "Skid", "connect", "dense_layout", "meta_vector_layout", "row_request_layout",
           "row_response_layout", "token_layout", "vector_layout"]
