"""The commands of the simulation package, one file a verb."""
