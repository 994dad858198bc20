"""The pipeline that many start with, for comparison: nothing in it is tuned."""
