"""One verification from the topic to the alerts: reads, recomputes, compares; writes nothing but findings."""

import time
from typing import Any

from cryptostream_job.detectors.registry import build_detectors
from cryptostream_job.model import Geometry
from cryptostream_verify.alerts_check import check_alerts, read_alerts
from cryptostream_verify.alerts_topic_check import check_published, outbox_size, read_published
from cryptostream_verify.database_check import check_database
from cryptostream_verify.errors import UnreachableError
from cryptostream_verify.findings import Difference, Findings, moment, shown
from cryptostream_verify.options import VerifyOptions
from cryptostream_verify.recompute import recompute
from cryptostream_verify.record_columns import RecordColumns
from cryptostream_verify.scope import TopicSymbol, is_behind, narrow_to_stored, plan_scopes, store_scopes, topic_symbols
from cryptostream_verify.sequence_check import check_sequence
from cryptostream_verify.settings import VerifySettings
from cryptostream_verify.stored import Connection, StoredSymbol, load_stored, open_database, read_geometry, read_symbols
from cryptostream_verify.tape_check import check_tape
from cryptostream_verify.topic import Extent, TopicReader
from cryptostream_verify.workspace import Workspace, insert_records, open_workspace

_ROWS_AT_ONCE = 50_000
_POLL_SECONDS = 0.5


def run_verification(settings: VerifySettings, options: VerifyOptions) -> Findings:
    """Verify the stream. Raises UnreachableError when Kafka, the topic, the database or the tape cannot be had."""
    findings = Findings(options.cap)
    with open_database(settings.database_url.get_secret_value()) as connection, open_workspace() as workspace:
        geometry = _geometry(connection, settings, findings)
        topic = _Topic(settings, workspace)
        at_start = topic.read_on()
        recompute(workspace, geometry)
        _await_database(connection, settings, workspace, options, findings)
        with connection:
            stored = read_symbols(connection, str(settings.stream))
            load_stored(connection, workspace, str(settings.stream))
            alerts = read_alerts(connection, str(settings.stream))
            waiting = outbox_size(connection, str(settings.stream))
        # The job goes on while this reads: what the database holds now comes from records that the topic holds now.
        if topic.read_on().ends != at_start.ends:
            recompute(workspace, geometry)
        topic.report_unreadable(findings)
        check_sequence(workspace, at_start.beginnings, findings)
        if options.tape is not None:
            check_tape(workspace, options.tape, findings)
        scopes = plan_scopes(topic_symbols(workspace), stored, at_start, geometry, options.allow_lag, findings)
        store_scopes(workspace, scopes)
        if options.from_oldest_stored:
            narrow_to_stored(workspace)
        check_database(workspace, geometry, findings)
        detectors = build_detectors(settings.detectors, geometry, settings.stream)
        check_alerts(workspace, scopes, alerts, detectors, geometry, findings)
        published = read_published(TopicReader(settings.librdkafka(), settings.stream.alerts_topic))
        if published is None:
            findings.note(f"there is no topic {settings.stream.alerts_topic}; published alerts were not compared")
        else:
            check_published(published, alerts, waiting, options.allow_lag, findings)
    return findings


class _Topic:
    """The trades topic, read into the workspace stretch by stretch."""

    def __init__(self, settings: VerifySettings, workspace: Workspace) -> None:
        self._name = settings.stream.trades_topic
        self._reader = TopicReader(settings.librdkafka(), self._name)
        self._workspace = workspace
        self._columns = RecordColumns()

    def read_on(self) -> Extent:
        """Read up to the topic's end as it is now."""
        extent = self._reader.extent()
        if extent is None:
            raise UnreachableError(f"there is no topic {self._name}: has the stream been started?")
        self._reader.read(extent, self._deliver)
        insert_records(self._workspace, self._columns.take())
        return extent

    def report_unreadable(self, findings: Findings) -> None:
        for reason, number in self._columns.unreadable.most_common():
            findings.note(f"{number} records of the topic are unreadable: {reason}")

    def _deliver(self, *record: Any) -> None:
        self._columns.append(*record)
        if len(self._columns) >= _ROWS_AT_ONCE:
            insert_records(self._workspace, self._columns.take())


def _geometry(connection: Connection, settings: VerifySettings, findings: Findings) -> Geometry:
    with connection:
        stored = read_geometry(connection, str(settings.stream))
    if stored is None:
        findings.note("the job has stored no lengths of panes and windows; verified with the settings'")
        return settings.geometry
    for mismatch in settings.geometry_mismatches(stored):
        findings.note(mismatch)
    return stored


def _await_database(
    connection: Connection,
    settings: VerifySettings,
    workspace: Workspace,
    options: VerifyOptions,
    findings: Findings,
) -> None:
    """Wait until the database has all that has been read; report the symbols that are behind when the time is up."""
    if options.allow_lag:
        return
    seen = topic_symbols(workspace)
    gaps = dict(workspace.execute("SELECT symbol, count(*) FROM records WHERE kind = 'gap' GROUP BY symbol").fetchall())
    deadline = time.monotonic() + options.wait
    while True:
        with connection:
            stored = read_symbols(connection, str(settings.stream))
            waiting = outbox_size(connection, str(settings.stream))
        behind = [
            topic for topic in seen.values() if is_behind(topic, gaps.get(topic.symbol, 0), stored.get(topic.symbol))
        ]
        if not (behind or waiting) or time.monotonic() >= deadline:
            break
        time.sleep(_POLL_SECONDS)
    for topic in behind:
        if topic.symbol in stored:
            _report_behind(topic, stored[topic.symbol], findings)


def _report_behind(topic: TopicSymbol, stored: StoredSymbol, findings: Findings) -> None:
    kind = "database behind the topic"
    if stored.clock < topic.clock:
        expected, found = moment(topic.clock), moment(stored.clock)
        findings.add(Difference(kind, topic.symbol, "crypto_symbols", "clock", expected, found))
    if (stored.last_id or 0) < (topic.last_on_time_id or 0):
        expected, found = str(topic.last_on_time_id), shown(stored.last_id)
        findings.add(Difference(kind, topic.symbol, "crypto_symbols", "last_id", expected, found))
