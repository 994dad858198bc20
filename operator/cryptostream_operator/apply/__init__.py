"""Everything that is written to the cluster."""
