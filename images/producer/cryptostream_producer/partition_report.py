"""What a partition's writer tells metrics and log."""

from collections.abc import Sequence

from cryptostream_model.logs import get_logger
from cryptostream_model.records import Gap, Progress, Record, Trade
from cryptostream_producer.metrics import ProducerMetrics
from cryptostream_producer.sequence import SequenceCounts
from cryptostream_producer.symbol_book import SymbolBook

_LOG = get_logger(__name__)


def report_committed(metrics: ProducerMetrics, partition: int, records: Sequence[Record], seconds: float) -> None:
    """A transaction of these records took ``seconds`` from its begin to its commit."""
    metrics.transactions.labels(str(partition)).inc()
    metrics.transaction_seconds.observe(seconds)
    trades = [record for record in records if isinstance(record, Trade)]
    metrics.records.labels("trade").inc(len(trades))
    metrics.backfilled.inc(sum(trade.backfilled for trade in trades))
    metrics.records.labels("progress").inc(sum(isinstance(record, Progress) for record in records))
    for gap in [record for record in records if isinstance(record, Gap)]:
        metrics.records.labels("gap").inc()
        metrics.gaps_unfillable.labels(gap.reason).inc()
        _LOG.warning(
            "ids are not to be had", symbol=gap.symbol, from_id=gap.from_id, to_id=gap.to_id, reason=gap.reason
        )


def report_state(metrics: ProducerMetrics, partition: int, book: SymbolBook) -> None:
    """Gauges, and the counts that the sequencers have gathered."""
    metrics.held.labels(str(partition)).set(book.held.used)
    metrics.gaps_open.labels(str(partition)).set(sum(not sequencer.settled for sequencer in book.sequencers()))
    for sequencer in book.sequencers():
        if sequencer.counts.any():
            metrics.duplicates.inc(sequencer.counts.duplicates)
            metrics.overflowed.inc(sequencer.counts.overflowed)
            metrics.implausible.inc(sequencer.counts.implausible)
            metrics.gaps_opened.inc(sequencer.counts.gaps_opened)
            metrics.gaps_healed.inc(sequencer.counts.gaps_healed)
            sequencer.counts = SequenceCounts()
