"""Whatever happens to the job, closed windows stay a pure function of the topic. Each test ends with ``verify``."""

import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from cryptostream_job.times import to_datetime
from cryptostream_local.broker import Broker
from cryptostream_local.database import Database
from cryptostream_local.topics import create_topics
from cryptostream_model.streams import StreamName
from cryptostream_sql.migrate import migrate
from harness.backup import back_up, restore
from harness.commands import cryptostream
from harness.database import rows, value
from harness.job import SHORT, RunningJob
from harness.kafka import delete_records_before, read_topic
from harness.tape import EPOCH, SECOND, Tape
from harness.verification import verify
from harness.waiting import until

pytestmark = pytest.mark.integration

SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
_WINDOWS = {"warm_up_windows": 8, "baseline_windows": 40}
_PANES = {"warm_up_panes": 10, "cooldown_panes": 5}
DETECTORS = json.dumps(
    {
        "price_spike": {**_WINDOWS, "threshold": 7},
        "volume_surge": {**_WINDOWS, "threshold": 4},
        "volatility_burst": {**_WINDOWS, "threshold": 4.5},
        **{name: {**_PANES, "threshold": 3} for name in ("price_jump", "trade_surge", "pump_start", "range_burst")},
    }
)


class World:
    """A stream with its topics, database, tape and job."""

    def __init__(self, broker: Broker, url: str, stream: StreamName, folder: Path) -> None:
        self.broker = broker
        self.url = url
        self.stream = stream
        create_topics(broker.bootstrap, stream, partitions=2)
        migrate(url)
        self.tape = Tape(broker.bootstrap, stream)
        self.folder = folder
        self.job = self.new_job()

    def new_job(self, **settings: object) -> RunningJob:
        chosen = {"detectors": DETECTORS, **settings}
        return RunningJob(self.stream, self.broker.bootstrap, self.url, self.folder, **chosen)

    def clock(self, symbol: str = "BTCUSDT") -> int:
        """The symbol's stored clock in seconds after EPOCH; -1 before its first batch."""
        clock = value(
            self.url,
            "SELECT extract(epoch FROM clock) * 1000000 FROM crypto_symbols WHERE stream = %s AND symbol = %s",
            str(self.stream),
            symbol,
        )
        return -1 if clock is None else (int(clock) - EPOCH) // SECOND

    def caught_up(self, seconds: int, timeout: float = 150.0) -> None:
        """Wait until every symbol's clock has reached a second of the tape."""
        until(
            lambda: self.job.alive() and all(self.clock(symbol) >= seconds for symbol in SYMBOLS),
            lambda: f"all clocks at {seconds} s; the job says {self.job.probe('/readyz')}:\n{self.job.log(15)}",
            timeout,
        )

    def verify(self, *options: str) -> str:
        return verify(self.stream, self.broker.bootstrap, self.url, *options, detectors=DETECTORS).passed().output


def rebuild(world: World, start: str, **settings: object) -> str:
    """``cryptostream rebuild --from``; returns what it prints."""
    answer = cryptostream(
        "rebuild",
        "--from",
        start,
        namespace=world.stream.namespace,
        name=world.stream.name,
        database_url=world.url,
        **{**SHORT, "detectors": DETECTORS, **settings},
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


@pytest.fixture
def world(broker: Broker, database_url: str, stream: StreamName, workshop: Path) -> Iterator[World]:
    made = World(broker, database_url, stream, workshop / f"job-{stream.name}")
    yield made
    made.job.kill()


def test_killed_jobs_redo_their_batch_without_counting_twice(world: World) -> None:
    for part in range(4):
        world.tape.trades(SYMBOLS, start=part * 10, seconds=10)
        world.job.start()
        world.caught_up(part * 10 + 9)
        # While the next trades are being processed, wherever that is.
        world.tape.trades(SYMBOLS, start=part * 10 + 10 - 1e-3, seconds=1e-3, rate=2000)
        world.job.kill()
    # As if the last kill had come between the database's commit and Spark's.
    (commits,) = world.job.checkpoint.glob("*/commits")
    newest = max(commits.glob("[0-9]*"), key=lambda path: int(path.name))
    newest.unlink()
    world.tape.progress(SYMBOLS, at=60)
    world.job.start()
    world.verify()
    assert value(world.url, "SELECT count(DISTINCT epoch) FROM crypto_batches") >= 4


def test_a_deleted_checkpoint_and_a_cut_head_cost_nothing(world: World) -> None:
    world.tape.trades(SYMBOLS, start=0, seconds=30)
    world.job.start()
    world.caught_up(29)
    assert world.job.stop() == 0
    shutil.rmtree(world.job.checkpoint)
    windows = rows(world.url, "SELECT * FROM crypto_windows ORDER BY symbol, window_end")
    assert len(windows) >= 3 * 8

    # Retention has removed what is closed in the database, and a little less.
    keep = {}
    for message in reversed(read_topic(world.broker.bootstrap, world.stream.trades_topic)):
        if message.timestamp()[1] >= EPOCH // 1000 + 15_000:
            keep[(world.stream.trades_topic, message.partition())] = message.offset()
    delete_records_before(world.broker.bootstrap, keep)

    world.tape.trades(SYMBOLS, start=30, seconds=20)
    world.tape.progress(SYMBOLS, at=60)
    world.job.start()
    world.caught_up(60)
    output = world.verify()
    assert "head" in output
    again = rows(world.url, "SELECT * FROM crypto_windows ORDER BY symbol, window_end")
    assert [row for row in again if row in windows] == windows
    assert {(row["symbol"], row["window_end"]) for row in again} >= {
        (symbol, to_datetime(EPOCH + end * SECOND)) for symbol in SYMBOLS for end in range(8, 60, 2)
    }


def test_records_lost_before_they_were_read_are_reported_and_a_rebuild_goes_on_behind_the_hole(world: World) -> None:
    world.tape.trades(SYMBOLS, start=0, seconds=20)
    world.job.start()
    world.caught_up(19)
    assert world.job.stop() == 0
    world.tape.trades(SYMBOLS, start=20, seconds=20)
    keep = {}
    for message in reversed(read_topic(world.broker.bootstrap, world.stream.trades_topic)):
        if message.timestamp()[1] >= EPOCH // 1000 + 30_000:
            keep[(world.stream.trades_topic, message.partition())] = message.offset()
    delete_records_before(world.broker.bootstrap, keep)

    world.job.start()
    until(lambda: "data-loss" in world.job.probe("/readyz")[1], "the job to say data-loss", 60)
    assert "cryptostream rebuild" in world.job.probe("/readyz")[1]
    assert world.job.probe("/healthz")[0] == 200
    assert world.job.metric('cryptostream_job_condition{condition="data-loss"}') == 1
    assert world.job.stop() == 0

    rebuilt = rebuild(world, to_datetime(EPOCH + 30 * SECOND).isoformat())
    assert "3 symbols will be computed again" in rebuilt
    world.tape.progress(SYMBOLS, at=60)
    world.job.start()
    world.caught_up(60)
    # The hole cannot be healed, so it is reported; everything else is whole.
    verdict = verify(world.stream, world.broker.bootstrap, world.url, "--json", detectors=DETECTORS)
    assert verdict.code == 1
    missing = value(
        world.url,
        "SELECT count(*) FROM generate_series(to_timestamp(%s), to_timestamp(%s), interval '2 s') AS w(window_end) "
        "WHERE NOT EXISTS (SELECT FROM crypto_windows WHERE symbol = 'BTCUSDT' AND window_end = w.window_end)",
        EPOCH // SECOND + 8,
        EPOCH // SECOND + 58,
    )
    assert missing == 9
    assert json.loads(verdict.output)["totals"] == {"window missing": 3 * missing}


def test_a_rebuild_computes_altered_windows_again_with_new_lengths(world: World) -> None:
    world.tape.trades(SYMBOLS, start=0, seconds=30)
    world.tape.progress(SYMBOLS, at=40)
    world.job.start()
    world.caught_up(40)
    assert world.job.stop() == 0
    world.job = world.new_job(window="12s")
    assert world.job.start().process.wait(60) == 2
    assert "CRYPTOSTREAM_WINDOW is 12s, stored windows have 8s" in world.job.log()

    rebuild(world, "beginning", window="12s")
    world.job.start()
    world.caught_up(40)
    verify(world.stream, world.broker.bootstrap, world.url, window="12s", detectors=DETECTORS).passed()


def test_a_second_driver_takes_the_stream_over_and_the_first_one_ends(world: World) -> None:
    world.tape.trades(SYMBOLS, start=0, seconds=10)
    world.job.start()
    world.caught_up(9)
    world.job.process.send(signal.SIGSTOP)
    first, world.job = (
        world.job,
        RunningJob(
            world.stream,
            world.broker.bootstrap,
            world.url,
            world.folder.with_name(f"{world.folder.name}-second"),
            detectors=DETECTORS,
        ),
    )
    try:
        world.job.start().wait_ready()
        world.tape.trades(SYMBOLS, start=10, seconds=10)
        first.process.send(signal.SIGCONT)
        assert first.process.wait(60) == 3
        assert "is written by epoch 2, this driver holds epoch 1" in first.log()
        world.tape.progress(SYMBOLS, at=30)
        world.caught_up(30)
        world.verify()
    finally:
        first.kill()


def test_the_job_waits_for_an_absent_database_and_catches_up(
    broker: Broker, own_database_server: Database, stream: StreamName, workshop: Path
) -> None:
    world = World(broker, own_database_server.url(), stream, workshop / f"job-{stream.name}")
    try:
        world.tape.trades(SYMBOLS, start=0, seconds=10)
        world.job.start()
        world.caught_up(9)
        own_database_server.kill()
        world.tape.trades(SYMBOLS, start=10, seconds=20)
        until(lambda: world.job.metric('cryptostream_job_waiting{part="database"}') == 1, "the job to say it waits")
        own_database_server.start()
        world.tape.progress(SYMBOLS, at=40)
        world.caught_up(40)
        assert world.job.metric('cryptostream_job_waiting{part="database"}') == 0
        world.verify()
        assert value(world.url, "SELECT max(epoch) FROM crypto_writers") == 1
    finally:
        world.job.kill()


def test_a_database_restored_from_a_backup_is_filled_again(world: World) -> None:
    world.tape.trades(SYMBOLS, start=0, seconds=10)
    world.job.start()
    world.caught_up(9)
    back_up(world.url, backup := world.folder / "backup")
    world.tape.trades(SYMBOLS, start=10, seconds=20)
    world.caught_up(29)
    assert world.job.stop() == 0
    restore(world.url, backup)
    world.tape.progress(SYMBOLS, at=40)
    world.job.start()
    world.caught_up(40)
    world.verify()
    assert list(world.job.checkpoint.glob("g1-*"))


def test_a_database_restored_under_a_running_job_is_filled_again(world: World) -> None:
    world.tape.trades(SYMBOLS, start=0, seconds=10)
    world.job.start()
    world.caught_up(9)
    back_up(world.url, backup := world.folder / "backup")
    world.tape.trades(SYMBOLS, start=10, seconds=20)
    world.caught_up(29)
    hang_up(world)
    restore(world.url, backup)
    world.tape.progress(SYMBOLS, at=40)
    world.caught_up(40)
    world.verify()
    assert "the database has lost batches" in world.job.log(1000)


def hang_up(world: World) -> None:
    """End the job's connections, as a server does that goes down."""
    rows(
        world.url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'cryptostream job' AND datname = current_database()",
    )


def test_the_job_outlives_an_absent_broker(
    own_broker: Broker, database_url: str, stream: StreamName, workshop: Path
) -> None:
    world = World(own_broker, database_url, stream, workshop / f"job-{stream.name}")
    try:
        world.tape.trades(SYMBOLS, start=0, seconds=10)
        world.job.start()
        world.caught_up(9)
        own_broker.kill()
        until(lambda: world.job.metric('cryptostream_job_waiting{part="kafka"}') == 1, "the job to say it waits", 120)
        assert world.job.probe("/readyz")[0] == 503
        own_broker.start()
        world.tape = Tape(own_broker.bootstrap, stream, seed=2)
        world.tape.resume(dict.fromkeys(SYMBOLS, 201), EPOCH + 10 * SECOND)
        world.tape.trades(SYMBOLS, start=10, seconds=10)
        world.tape.progress(SYMBOLS, at=30)
        world.caught_up(30, 120)
        world.verify()
    finally:
        world.job.kill()
