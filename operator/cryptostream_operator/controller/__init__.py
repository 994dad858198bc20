"""Which stream is looked at when, and what a look consists of."""
