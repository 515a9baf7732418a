"""What goes into the hardware under test and what must come out: clips, recordings, payload bits, scoreboards."""
