"""`cryptostream verify`: proves a stream right by recomputing it from the trades topic.

It shares no code with the job's panes, composition, closing and sink: only names and settings of cryptostream_model
and, for alerts, the detectors themselves. docs/data-contracts.md holds the rules that it checks.
"""
