"""Clips classified for show: by the simulated core or the golden integers, with what each clip makes of every block."""
