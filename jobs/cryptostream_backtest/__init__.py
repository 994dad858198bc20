"""A stream's detectors over trades that are there already: `cryptostream backtest` and `cryptostream explain`."""
