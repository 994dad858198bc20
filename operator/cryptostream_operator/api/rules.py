"""What the API server checks beyond types and ranges: CEL rules, each with a message that says what to do.

A rule stands at the object whose fields it compares. Rules that mention ``oldSelf`` hold on updates only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptostream_operator.api.names import DNS_1035_LABEL, LONGEST_NAME
from cryptostream_operator.api.spec import FEEDS

LONGEST_HISTORY = "23h"
"""The job keeps state for 24 hours: what is older when it comes is left out."""
DEFAULT_CLAIM_SIZE = "1Gi"


@dataclass(frozen=True, slots=True)
class Rule:
    """A CEL expression that must be true. ``field`` is the one that the message is about, ``shown`` a CEL expression of
    a message with the values in it."""

    expression: str
    message: str
    field: str | None = None
    shown: str | None = None


def _milliseconds(field: str) -> str:
    # CEL's definition of getMilliseconds is the part below a second, the API server's the whole: this suits both.
    return f"(duration(self.{field}).getSeconds() * 1000 + duration(self.{field}).getMilliseconds() % 1000)"


def _multiple(whole: str, part: str, example: str) -> Rule:
    return Rule(
        f"{_milliseconds(part)} == 0 || "
        f"{_milliseconds(whole)} > 0 && {_milliseconds(whole)} % {_milliseconds(part)} == 0",
        f"must be a multiple of {part}, such as {example}",
        field=whole,
        shown=f"'{whole} ' + self.{whole} + ' must be a multiple of {part} ' + self.{part}",
    )


def _longer_than_nothing(field: str, example: str) -> Rule:
    return Rule(f"duration(self.{field}) > duration('0s')", f"must be longer than 0, such as {example}", field=field)


def _at_most(field: str, most: str, why: str) -> Rule:
    return Rule(f"duration(self.{field}) <= duration('{most}')", f"must be at most {most}: {why}", field=field)


def _kept(what: str) -> Rule:
    return Rule("self == oldSelf", f"{what} cannot be changed: create another CryptoStream")


def _optional_kept(field: str, what: str) -> Rule:
    return Rule(
        f"has(self.{field}) == has(oldSelf.{field}) && (!has(self.{field}) || self.{field} == oldSelf.{field})",
        f"{what} cannot be set, changed or removed: create another CryptoStream",
        field=field,
    )


def _limit_above_request() -> Rule:
    return Rule(
        "!has(self.cpuLimit) || quantity(self.cpuLimit).compareTo(quantity(self.cpu)) >= 0",
        "must not be below the request, cpu",
        field="cpuLimit",
        shown="'cpuLimit ' + self.cpuLimit + ' must not be below the request, cpu ' + self.cpu",
    )


_HEAP = Rule(
    "self.memory.endsWith('g') || int(self.memory.replace('m', '')) >= 512",
    "must be at least 512m: Spark does not start with a smaller heap",
    field="memory",
)
_WARM_UP = Rule(
    "self.warmUpWindows <= self.baselineWindows",
    "must not be above baselineWindows: a baseline never holds more values",
    field="warmUpWindows",
)


def _feed_of(stream: str) -> str:
    other = "".join(f"{stream}.exchange == '{name}' ? '{feeds[0]}' : " for name, feeds in FEEDS.items())
    return f"(has({stream}.feed) ? {stream}.feed : {other}'')"


def _kept_longer_than(field: str) -> Rule:
    retention = "self.topic.retention"
    days = f"int({retention}.replace('d', '')) * {24 * 60 * 60}"
    return Rule(
        f"{retention} == 'all' || ({retention}.endsWith('d') ? {days} : duration({retention}).getSeconds())"
        f" > duration(self.producer.{field}).getSeconds()",
        f"must be longer than producer.{field}: older trades would be deleted as soon as they are written",
        field="topic.retention",
        shown=f"'retention ' + {retention} + ' must be longer than producer.{field} ' + self.producer.{field} "
        "+ ': older trades would be deleted as soon as they are written'",
    )


RESOURCE_RULES: Sequence[Rule] = (
    Rule(
        f"size(self.metadata.name) <= {LONGEST_NAME} && self.metadata.name.matches('{DNS_1035_LABEL}')",
        f"metadata.name must have at most {LONGEST_NAME} characters, begin with a letter and hold only lower case "
        "letters, digits and '-': services, pods and labels are named after it",
    ),
)
"""Rules of the whole object: of its metadata the API server shows a rule the name only."""

_FEED_NAMES = "; ".join(f"{' or '.join(feeds)} on {exchange}" for exchange, feeds in FEEDS.items())

SPEC_RULES: Mapping[str, Sequence[Rule]] = {
    "": (
        Rule(
            "self.symbols.all(symbol, symbol.contains('-') == (self.exchange == 'coinbase'))",
            "write symbols as the exchange does: BTCUSDT on binance, BTC-USD on coinbase",
            field="symbols",
        ),
        Rule(
            "!has(self.feed) || "
            + " || ".join(
                f"self.exchange == '{exchange}' && self.feed in {list(feeds)}" for exchange, feeds in FEEDS.items()
            ),
            f"the exchange has no such feed: choose {_FEED_NAMES}, or leave it out",
            field="feed",
        ),
        Rule(
            f"self.exchange != oldSelf.exchange || {_feed_of('self')} == {_feed_of('oldSelf')}",
            "feed cannot be changed, its ids are others: create another CryptoStream",
        ),
        Rule(
            "self.producer.shards <= self.topic.partitions",
            "must not be above topic.partitions: a partition has one producer",
            field="producer.shards",
        ),
        _longer_than_nothing("pane", "10s"),
        _longer_than_nothing("slide", "30s"),
        _longer_than_nothing("window", "2m"),
        _multiple("slide", "pane", "pane 10s, slide 30s"),
        _multiple("window", "slide", "slide 30s, window 2m"),
        _at_most("window", "24h", "longer views are what the rollups are for"),
        Rule(
            "duration(self.allowedLateness) <= duration(self.window)",
            "must not be longer than window: every window closes, and confirms its alerts, that much later",
            field="allowedLateness",
        ),
        _kept_longer_than("startFrom"),
        _kept_longer_than("maxHeal"),
    ),
    "exchange": (_kept("exchange"),),
    "kafka": (
        Rule(
            "self.mode != 'external' || has(self.external)",
            "is needed with mode external: say at least bootstrapServers",
            field="external",
        ),
        Rule(
            "self.mode == 'external' || !has(self.external)",
            "belongs to mode external: set mode to external, or leave it out",
            field="external",
        ),
    ),
    "kafka.mode": (_kept("mode"),),
    "kafka.cluster": (_kept("cluster"),),
    "kafka.external": (
        Rule(
            "!self.securityProtocol.startsWith('SASL') || has(self.producerSecret)",
            "is needed with SASL: name a Secret with user name and password",
            field="producerSecret",
        ),
        Rule(
            "self.securityProtocol.startsWith('SASL') || !has(self.producerSecret) && !has(self.jobSecret)",
            "producerSecret and jobSecret need SASL: set securityProtocol to SASL_SSL or SASL_PLAINTEXT, "
            "or leave them out",
            field="securityProtocol",
        ),
        Rule(
            "self.securityProtocol.endsWith('SSL') || !has(self.authoritySecret)",
            "needs TLS: set securityProtocol to SSL or SASL_SSL, or leave it out",
            field="authoritySecret",
        ),
    ),
    "topic.partitions": (
        Rule(
            "self == oldSelf",
            "partitions cannot be changed, since a symbol's partition is for ever: create another CryptoStream",
        ),
    ),
    "producer": (
        _at_most("startFrom", LONGEST_HISTORY, "the job keeps its state for 24h"),
        _longer_than_nothing("maxHeal", "6h"),
        _at_most("maxHeal", LONGEST_HISTORY, "the job keeps its state for 24h"),
    ),
    "producer.resources": (_limit_above_request(),),
    "detectors.priceSpike": (_WARM_UP,),
    "detectors.volumeSurge": (_WARM_UP,),
    "detectors.volatilityBurst": (_WARM_UP,),
    "job": (_at_most("triggerInterval", "1m", "alerts come that much later"),),
    "job.driver": (_limit_above_request(), _HEAP),
    "job.executor": (_limit_above_request(), _HEAP),
    "job.checkpoint": (
        Rule(
            "!has(self.claimName) || !has(self.storageClass) && "
            f"quantity(self.size).compareTo(quantity('{DEFAULT_CLAIM_SIZE}')) == 0",
            "names a claim that exists: leave out storageClass and size, or claimName",
            field="claimName",
        ),
        _optional_kept("claimName", "claimName"),
        _optional_kept("storageClass", "storageClass"),
    ),
    "job.checkpoint.size": (
        Rule(
            "quantity(self).compareTo(quantity(oldSelf)) >= 0",
            "size can only grow: write at least the former one",
        ),
    ),
    "job.checkpoint.accessMode": (_kept("accessMode"),),
}
"""Path below the specification -> rules there."""
