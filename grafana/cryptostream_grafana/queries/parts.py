"""PromQL over the metrics of producers, job and operator. The pods of a stream carry its namespace and name."""

_STREAM = '{namespace="$namespace",cryptostream_io_stream="$name"}'
_RATE = "[$__rate_interval]"


def metric(name: str, *conditions: str) -> str:
    """A metric of the stream's pods."""
    return f"{name}{_STREAM[:-1]}{''.join(f',{condition}' for condition in conditions)}}}"


def total(name: str, *by: str) -> str:
    """Sum over the stream's pods."""
    return f"sum{_by(by)} ({metric(name)})"


def increase(name: str, *by: str) -> str:
    """What a counter gained over an interval, summed over the stream's pods."""
    return f"sum{_by(by)} (increase({metric(name)}{_RATE}))"


def rate(name: str, *by: str) -> str:
    """What a counter gains a second."""
    return f"sum{_by(by)} (rate({metric(name)}{_RATE}))"


def quantile(share: float, name: str) -> str:
    """A quantile of a histogram over the stream's pods."""
    return f"histogram_quantile({share}, sum by (le) (rate({metric(f'{name}_bucket')}{_RATE})))"


def highest(name: str, *by: str) -> str:
    return f"max{_by(by)} ({metric(name)})"


def _by(labels: tuple[str, ...]) -> str:
    return f" by ({', '.join(labels)})" if labels else ""
