"""What the parts agree on: records of the topics, names, settings, logging and the probes' HTTP face.

docs/data-contracts.md is the prose of this package.
"""
