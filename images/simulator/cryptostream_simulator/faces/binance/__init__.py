"""Binance's spot protocol (binance/binance-spot-api-docs)."""
