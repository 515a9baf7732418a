"""Vivado project files: constraints and Tcl around the emitted core, written without Vivado."""

from .settings import VivadoSettings

__all__ = ["VivadoSettings"]
