"""Our pipeline behind a live market."""

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

import numpy as np

from bench.live.alert_watch import AlertWatch
from bench.live.delays import Floats, caused, covering
from bench.live.pipelines import Delays
from bench.plan import ALERTING, ALERTING_HISTORY, ALERTING_LENGTHS, MASTER, PARTITIONS, SYMBOLS
from bench.reached import PATIENCE, await_commit
from bench.results import Pipeline
from bench.world import AS_USERS_RUN_IT, Place
from cryptostream_local.topics import create_topics
from harness import pipeline
from harness.database import value
from harness.simulator import RunningSimulator
from harness.trade_latency import Commits, commits_of, live_trades
from harness.trade_topic import read_positions
from harness.waiting import until

_SETTLED = 3.0
"""Age in seconds of what the database holds, from which the history counts as worked off."""


class OurLive:
    """See ``LivePipeline``. Alerts are read from Kafka meanwhile."""

    name: Pipeline = "ours"

    def __init__(self, stack: ExitStack, place: Place, market: RunningSimulator) -> None:
        create_topics(place.bootstrap, place.stream, PARTITIONS)
        self.database_url = place.url
        self._place = place
        self._market = market
        self._alerts: list[tuple[str, float]] = []
        self._pipeline = stack.enter_context(
            pipeline.Pipeline(
                market,
                place.bootstrap,
                place.url,
                place.stream,
                place.folder,
                ",".join(SYMBOLS),
                shards=1,
                producer={"start_from": ALERTING_HISTORY, "partitions": PARTITIONS},
                job={
                    **AS_USERS_RUN_IT,
                    **ALERTING_LENGTHS,
                    "spark_master": MASTER,
                    "detectors": json.dumps(ALERTING),
                },
            )
        )
        self._pipeline.start()
        until(lambda: self._age() < _SETTLED, "the history to be worked off", PATIENCE, 0.2)
        self._watch = AlertWatch(place.bootstrap, place.stream.alerts_topic)

    def parts(self) -> dict[str, int]:
        return {"producer": self._pipeline.producers[0].process.pid, "job": self._pipeline.job.process.pid}

    def kill_job(self) -> None:
        self._pipeline.job.kill()

    def start_job(self) -> None:
        self._pipeline.job.start()

    def await_rows(self) -> float:
        traded = {symbol: state["lastId"] for symbol, state in self._market.state()["symbols"].items()}
        return await_commit(self._place, self._pipeline.job, traded)

    def finish(self) -> None:
        self._pipeline.stop_producers()
        positions = read_positions(self._place.bootstrap, self._place.stream)
        written = {symbol: position.last_id or 0 for symbol, position in positions.items()}
        await_commit(self._place, self._pipeline.job, written)
        self._alerts = self._watch.stop()
        assert self._pipeline.job.stop() == 0, self._pipeline.job.log()
        self._pipeline.verify().passed()

    def delays(self, begin: float, end: float) -> Delays:
        trades = live_trades(self._place.bootstrap, self._place.stream, int(begin * 1e6), int(end * 1e6))
        rows, told = _delays(trades, commits_of(self._place.url, self._place.stream), self._alerts)
        return Delays(rows, told, sum(begin <= at < end for _, at in self._alerts))

    def _age(self) -> float:
        """Seconds since the least clock that the database holds."""
        query = "SELECT extract(epoch FROM min(clock)) FROM crypto_symbols HAVING count(*) = %s"
        clock = value(self._place.url, query, len(SYMBOLS))
        return float("inf") if clock is None else time.time() - float(clock)


def _delays(
    trades: Mapping[str, Sequence[Mapping[str, int]]], commits: Commits, alerts: Sequence[tuple[str, float]]
) -> tuple[Floats, Floats]:
    """From each trade to its row; and to the alerts of its batch, where that told any of its symbol."""
    to_row, to_alert = [np.empty(0)], [np.empty(0)]
    for symbol, records in trades.items():
        moved = [(at.timestamp(), covered[symbol]) for at, covered in commits if covered.get(symbol) is not None]
        committed = np.array([at for at, _ in moved])
        ids = np.array([record["id"] for record in records], dtype=np.int64)
        times = np.array([record["time"] for record in records]) / 1e6
        batch = covering(ids, [last or 0 for _, last in moved])
        to_row.append(committed[batch] - times)
        seen = np.array([at for name, at in alerts if name == symbol])
        told = caused(batch, committed, seen)
        part = np.isin(batch, list(told))
        to_alert.append(np.array([told[number] for number in batch[part].tolist()]) - times[part])
    return np.concatenate(to_row), np.concatenate(to_alert)
