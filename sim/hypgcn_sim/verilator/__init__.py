"""Verilator as a tool: its flags, its object cache, its waivers."""
