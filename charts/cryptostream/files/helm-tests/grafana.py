"""Whether Grafana is healthy."""

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
