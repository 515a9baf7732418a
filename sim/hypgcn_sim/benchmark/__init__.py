"""The benchmark: a design under a device's budget beside the paper; its table, pictures and README section."""
