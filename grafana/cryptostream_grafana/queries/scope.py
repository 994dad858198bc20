"""Conditions that the dashboard's variables set."""

STREAM = "stream = '$stream'"
SYMBOLS = f"{STREAM} AND symbol = ANY(ARRAY[$symbol]::text[])"
"""Those selected; in a panel that is repeated by symbol, its own. Exchanges narrow the symbols that can be selected."""
CHART = f"{STREAM} AND symbol = '$chart'"
"""The one symbol that is charted large."""
DETECTORS = "detector = ANY(ARRAY[$detector]::text[])"
SEVERITIES = "severity = ANY(ARRAY[$severity]::text[])"
