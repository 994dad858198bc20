"""Pictures of a stream from its database: candles, volume, VWAP and alert marks."""
