"""Stimuli and checks without a simulator: clips, recordings, payload bits, scoreboard, hold rule."""
