"""What the parts agree on: records of the topics, names, time arithmetic, settings and logging.

Nothing here talks to a network. docs/data-contracts.md is the prose of this package.
"""
