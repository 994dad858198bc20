"""Coinbase Exchange's protocol (docs.cdp.coinbase.com/exchange)."""
