"""Measures the detectors: on simulated markets with labelled events, and on the Numenta Anomaly Benchmark."""
