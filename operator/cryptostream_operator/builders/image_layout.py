"""What the images hold and where containers keep their files."""

MAIN_FILE = "local:///opt/cryptostream/job.py"
USER_ID = 10001
GROUP_ID = 10001

TEMPORARY = "/tmp"  # noqa: S108 - a volume of the pod's own
CHECKPOINTS = "/var/lib/cryptostream/checkpoint"
STATE = "/var/lib/cryptostream/state"
STOP_FILE = f"{STATE}/stop"
TERMINATION_LOG = "/dev/termination-log"
"""What the kubelet makes for a container's last words, which its status then holds."""
KAFKA_AUTHORITY = "/etc/cryptostream/kafka"
KAFKA_AUTHORITY_FILE = f"{KAFKA_AUTHORITY}/ca.crt"
DATABASE_AUTHORITY = "/etc/cryptostream/database"
DATABASE_AUTHORITY_FILE = f"{DATABASE_AUTHORITY}/ca.crt"

METRICS_PORT_NAME = "metrics"
PRODUCER_PORT = 8080
DRIVER_PORT = 8090


def checkpoint_folder(namespace: str, name: str) -> str:
    """A stream's own folder: several streams may share one claim."""
    return f"{CHECKPOINTS}/{namespace}.{name}"
