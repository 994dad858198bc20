"""Where Prometheus finds the metrics of producers and driver, for clusters with the Prometheus operator."""

from cryptostream_operator.builders import producers, spark
from cryptostream_operator.builders.image_layout import METRICS_PORT_NAME
from cryptostream_operator.builders.inputs import Manifest, Stream
from cryptostream_operator.builders.metadata import owned
from cryptostream_operator.labels import SHARD, STREAM, pod_selector

COMPONENT = "monitor"


def pod_monitors(stream: Stream) -> list[Manifest]:
    """Those of the producers and of the driver. Executors have no metrics of ours."""
    return [
        _pod_monitor(stream, stream.names.producer, producers.COMPONENT),
        _pod_monitor(stream, stream.names.job, spark.DRIVER),
    ]


def _pod_monitor(stream: Stream, name: str, component: str) -> Manifest:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": owned(stream, name, COMPONENT),
        "spec": {
            "selector": {"matchLabels": pod_selector(stream.name, component)},
            "podTargetLabels": [STREAM, SHARD],
            "podMetricsEndpoints": [{"port": METRICS_PORT_NAME, "path": "/metrics", "interval": "15s"}],
        },
    }
