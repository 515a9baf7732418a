"""Vivado: constraints and Tcl around the emitted core. All of it is text that is written without Vivado."""

from .settings import VivadoSettings

__all__ = ["VivadoSettings"]
