"""Temporal convolution: sparse dot products on dynamically scheduled lanes, shortcut, requantisation."""

from .schedule import *
