"""Whether Grafana is healthy."""

# ruff: noqa: S310, T201 - its addresses are the chart's own, what it prints is the log of helm test

import json
import os
import sys
import urllib.request

try:
    with urllib.request.urlopen(os.environ["HEALTH"], timeout=10) as answer:
        health = json.load(answer)
except OSError as error:
    sys.exit(f"Grafana does not answer: {error}")
print("Grafana:", health)
sys.exit(0 if health.get("database") == "ok" else 1)
