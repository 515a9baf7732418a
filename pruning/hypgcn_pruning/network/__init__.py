"""The float network and its files."""
