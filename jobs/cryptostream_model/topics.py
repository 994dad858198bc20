"""How a stream's topics are set, whoever makes them."""

# Record timestamps are the exchange's time: a replay or a fast clock may be far from the broker's.
_ANY_TIMESTAMP = {
    "message.timestamp.type": "CreateTime",
    "message.timestamp.before.max.ms": str(2**63 - 1),
    "message.timestamp.after.max.ms": str(2**63 - 1),
}


def topic_settings(retention_ms: int = -1) -> dict[str, dict[str, str]]:
    """Topic suffix -> configuration; ``retention_ms`` is that of trades and dead letters, -1 keeps everything."""
    kept = {"cleanup.policy": "delete", "retention.ms": str(retention_ms), **_ANY_TIMESTAMP}
    # Every producer reads its positions at the start, and the open segment is never compacted: keep it small.
    compacted = {
        "cleanup.policy": "compact",
        "segment.ms": "600000",
        "segment.bytes": str(16 * 1024 * 1024),
        "min.cleanable.dirty.ratio": "0.1",
        **_ANY_TIMESTAMP,
    }
    return {"trades": dict(kept), "positions": dict(compacted), "alerts": dict(compacted), "dead-letters": dict(kept)}


def is_partitioned_by_symbol(suffix: str) -> bool:
    """Whether the topic has the stream's number of partitions; the others have one."""
    return suffix in ("trades", "positions")
