"""Detectors over panes that add up what several statistics say: price, trades, sizes, sides and range at once."""
