"""The live terminal view of a running stream."""
