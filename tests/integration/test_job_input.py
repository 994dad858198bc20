"""What the job says of input and settings that it cannot use, and that it loses nothing by it."""

import signal
import subprocess
from pathlib import Path

import pytest

from cryptostream_local.broker import Broker
from cryptostream_local.ports import free_port
from cryptostream_local.topics import create_topics
from cryptostream_model.streams import StreamName
from cryptostream_sql.migrate import migrate
from harness.commands import cryptostream
from harness.database import rows, value
from harness.job import RunningJob
from harness.tape import EPOCH, SECOND, Tape
from harness.verification import verify
from harness.waiting import until

pytestmark = pytest.mark.integration

BAD_RECORDS = {
    "not JSON": b"\xff\xfe{",
    "no object": b"[1, 2]",
    "a newer schema": b'{"v":2,"type":"trade","exchange":"binance","symbol":"BTCUSDT","clock":1700000000000000}',
    "an unknown type": b'{"v":1,"type":"book","exchange":"binance","symbol":"BTCUSDT","clock":1700000000000000}',
    "a price that is none": b'{"v":1,"type":"trade","exchange":"binance","symbol":"BTCUSDT","feed":"aggTrade","id":9,'
    b'"price":"abc","quantity":"1","side":"buy","fills":1,"time":1700000000000000,"eventTime":1700000000000000,'
    b'"clock":1700000000000000,"backfilled":false}',
    "a symbol that the database does not take": b'{"v":1,"type":"progress","exchange":"binance","symbol":"BTC\\u0000",'
    b'"feed":"aggTrade","clock":1700000000000000}',
    "a gap of more ids than can be counted": b'{"v":1,"type":"gap","exchange":"binance","symbol":"BTCUSDT",'
    b'"feed":"aggTrade","fromId":0,"toId":9223372036854775807,"reason":"unavailable","clock":1700000000000000}',
    "an absurd time": b'{"v":1,"type":"trade","exchange":"binance","symbol":"BTCUSDT","feed":"aggTrade","id":9,'
    b'"price":"1","quantity":"1","side":"buy","fills":1,"time":17000000000000000000,"eventTime":1700000000000000,'
    b'"clock":1700000000000000,"backfilled":false}',
}


def test_unreadable_records_are_counted_and_never_stop_the_job(
    broker: Broker, database_url: str, stream: StreamName, workshop: Path
) -> None:
    create_topics(broker.bootstrap, stream, 2)
    migrate(database_url)
    tape = Tape(broker.bootstrap, stream)
    tape.trades(("BTCUSDT",), start=0, seconds=10)
    for record in BAD_RECORDS.values():
        tape.write_raw({"BTCUSDT": record})
    tape.trades(("BTCUSDT",), start=10, seconds=10)
    # A gap, and trades that come after their pane has closed.
    gap = tape.gap("BTCUSDT", 5)
    late = [tape.trade("BTCUSDT", EPOCH + 3 * SECOND, "100") for _ in range(4)]
    tape.write([gap, *late])
    tape.progress(("BTCUSDT",), at=40)
    with RunningJob(stream, broker.bootstrap, database_url, workshop / stream.name) as job:
        job.start().wait_ready()
        verify(stream, broker.bootstrap, database_url).passed()
        unreadable = "cryptostream_job_unreadable_records_total"
        until(lambda: job.metric(unreadable) == len(BAD_RECORDS), lambda: f"the count, it is {job.metric(unreadable)}")
        assert job.metric("cryptostream_job_newer_schema_records_total") == 1
        assert job.metric("cryptostream_job_late_trades_total") == 4
        assert job.metric("cryptostream_job_missing_ids_total") == 5
    assert value(database_url, "SELECT sum(trades) FROM crypto_panes") == 400
    assert rows(database_url, "SELECT sum(late_trades) AS late FROM crypto_panes WHERE late_trades > 0") == [
        {"late": 4}
    ]
    assert rows(database_url, "SELECT from_id, to_id, reason FROM feed_gaps") == [
        {"from_id": 401, "to_id": 405, "reason": "unavailable"}
    ]


def test_wrong_settings_are_named_with_their_value_and_what_is_allowed() -> None:
    answer = cryptostream(
        "job", pane="ten seconds", shuffle_partitions=0, database_url="postgresql://u:hush@h/d", checkpoint="x"
    )
    assert answer.returncode == 2
    assert "CRYPTOSTREAM_PANE = 'ten seconds': Value error, write a number and a unit: 250ms, 10s" in answer.stderr
    assert "CRYPTOSTREAM_SHUFFLE_PARTITIONS = '0': Input should be greater than or equal to 1" in answer.stderr
    assert "hush" not in answer.stderr


def test_lengths_that_do_not_fit_each_other_are_refused() -> None:
    answer = cryptostream("job", pane="10s", slide="15s", database_url="postgresql://h/d", checkpoint="x")
    assert answer.returncode == 2
    assert "slide 15000000 us must be a positive multiple of pane 10000000 us" in answer.stderr


def test_a_job_without_its_database_names_the_setting(broker: Broker, stream: StreamName, workshop: Path) -> None:
    create_topics(broker.bootstrap, stream, 1)
    url = f"postgresql://somebody:hush@127.0.0.1:{free_port()}/nowhere"
    with RunningJob(stream, broker.bootstrap, url, workshop / stream.name, database_patience="1s") as job:
        assert job.start().process.wait(60) == 2
        assert "CRYPTOSTREAM_DATABASE_URL" in job.log()
        assert "cannot reach the database" in job.log()
        assert "hush" not in job.log(1000)


def test_a_job_that_waits_for_its_database_can_be_stopped(broker: Broker, stream: StreamName, workshop: Path) -> None:
    create_topics(broker.bootstrap, stream, 1)
    url = f"postgresql://somebody:hush@127.0.0.1:{free_port()}/nowhere"
    with RunningJob(stream, broker.bootstrap, url, workshop / stream.name, database_patience="1h") as job:
        job.start()
        until(lambda: "waiting for the database" in job.probe("/readyz")[1], "the job to say that it waits", 60)
        assert job.stop() == 0


def test_an_interrupted_job_finishes_its_batch_and_ends_well(
    broker: Broker, database_url: str, stream: StreamName, workshop: Path
) -> None:
    create_topics(broker.bootstrap, stream, 1)
    migrate(database_url)
    with RunningJob(stream, broker.bootstrap, database_url, workshop / stream.name) as job:
        job.start().wait_ready()
        job.process.send(signal.SIGINT)
        assert job.process.wait(60) == 0
        assert "Traceback" not in job.log(1000)


def test_a_login_that_kafka_refuses_ends_the_job_and_names_the_settings(
    database_url: str, stream: StreamName, workshop: Path
) -> None:
    migrate(database_url)
    closed = Broker(
        workshop / f"broker-{stream.name}",
        {
            "listener.security.protocol.map": "PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            "sasl.mechanism.inter.broker.protocol": "PLAIN",
            "sasl.enabled.mechanisms": "PLAIN",
            "listener.name.plaintext.plain.sasl.jaas.config": (
                "org.apache.kafka.common.security.plain.PlainLoginModule required "
                'username="broker" password="inside" user_broker="inside";'
            ),
        },
    )
    closed.start()
    login = {"kafka_security_protocol": "SASL_PLAINTEXT", "kafka_sasl_mechanism": "PLAIN", "kafka_username": "broker"}
    try:
        with RunningJob(
            stream, closed.bootstrap, database_url, workshop / stream.name, **login, kafka_password="wr0ng-secret"
        ) as job:
            assert job.start().process.wait(60) == 2
            assert "CRYPTOSTREAM_KAFKA_PASSWORD" in job.log(1000)
            assert "wr0ng-secret" not in job.log(10_000)
    finally:
        closed.kill()


def test_a_job_waits_for_kafka_and_for_its_topic_and_says_so(
    broker: Broker, database_url: str, stream: StreamName, workshop: Path
) -> None:
    migrate(database_url)
    with RunningJob(stream, broker.bootstrap, database_url, workshop / stream.name) as job:
        job.start()
        until(lambda: stream.trades_topic in job.probe("/readyz")[1], "the missing topic to be named", 60)
        create_topics(broker.bootstrap, stream, 1)
        job.wait_ready()
        assert job.stop() == 0


def test_a_job_without_the_kafka_connector_says_how_to_get_it(
    broker: Broker, database_url: str, stream: StreamName, workshop: Path
) -> None:
    with RunningJob(stream, broker.bootstrap, database_url, workshop / stream.name, spark_jars="") as job:
        assert job.start().process.wait(60) == 2
        assert "set CRYPTOSTREAM_SPARK_JARS" in job.log()


def test_a_database_without_the_schema_is_refused_with_the_remedy(
    broker: Broker, database_url: str, stream: StreamName, workshop: Path
) -> None:
    create_topics(broker.bootstrap, stream, 1)
    with RunningJob(stream, broker.bootstrap, database_url, workshop / stream.name) as job:
        assert job.start().process.wait(60) == 2
        assert "cryptostream migrate" in job.log()


def test_help_of_every_command_says_what_it_does() -> None:
    overview = cryptostream("--help").stdout
    for command in ("produce", "job", "migrate", "topics", "rebuild", "simulate", "verify"):
        assert command in overview
        answer = cryptostream(command, "--help")
        assert answer.returncode == 0, answer.stderr
        assert len(answer.stdout) > 100


@pytest.mark.parametrize("moment", ["yesterday", "2026-13-01"])
def test_rebuild_refuses_what_is_no_time(moment: str, database_url: str) -> None:
    answer: subprocess.CompletedProcess[str] = cryptostream("rebuild", "--from", moment, database_url=database_url)
    assert answer.returncode == 2
    assert f"--from '{moment}' is not a time" in answer.stderr
