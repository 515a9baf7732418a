"""Switching activity of clips, and an energy estimate from counted events."""
