"""Recorded or generated clips and their skeletons."""
