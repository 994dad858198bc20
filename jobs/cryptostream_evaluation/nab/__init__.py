"""The Numenta Anomaly Benchmark: its files, its scoring rules, and the series scorer run over them."""
