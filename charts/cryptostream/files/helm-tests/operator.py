"""Whether the operator is ready, and whether the API server serves CryptoStreams."""

# ruff: noqa: S310, T201 - its addresses are the chart's own, what it prints is the log of helm test

import os
import sys
import urllib.error
import urllib.request

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException

try:
    with urllib.request.urlopen(f"{os.environ['OPERATOR']}/readyz", timeout=10) as answer:
        print("operator:", answer.read().decode().strip())
except urllib.error.HTTPError as error:
    sys.exit(f"the operator is not ready: {error.read().decode().strip()}")
except OSError as error:
    sys.exit(f"the operator does not answer: {error}")

config.load_incluster_config()
try:
    found = client.CustomObjectsApi().list_namespaced_custom_object(
        "cryptostream.io", "v1alpha1", os.environ["NAMESPACE"], "cryptostreams"
    )
except ApiException as error:
    sys.exit(f"the API server does not serve CryptoStreams: {error.status} {error.reason}")
for stream in found["items"]:
    print(f"CryptoStream {stream['metadata']['name']}: {stream.get('status', {}).get('phase', 'not looked at yet')}")
print(f"the API server serves CryptoStreams, {len(found['items'])} here")
