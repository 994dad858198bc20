"""Scores any series of numbers, row by row as it comes: `cryptostream score`."""
