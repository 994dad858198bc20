"""Records as `cryptostream verify` sees them, without Kafka."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple

from cryptostream_model.records import Record
from cryptostream_verify.findings import Findings
from cryptostream_verify.record_columns import RecordColumns
from cryptostream_verify.workspace import Workspace, insert_records, open_workspace


@contextmanager
def workspace_of(records: Iterable[Record], partition: int = 0) -> Iterator[Workspace]:
    """A workspace whose table ``records`` holds these in order, in one partition."""
    columns = RecordColumns()
    for offset, record in enumerate(records):
        columns.append(partition, offset, record.clock // 1000, record.symbol.encode(), record.to_json())
    assert not columns.unreadable, columns.unreadable
    with open_workspace() as workspace:
        insert_records(workspace, columns.take())
        yield workspace


def found(findings: Findings) -> list[tuple[object, ...]]:
    """The differences as tuples, for comparison."""
    return [astuple(difference) for difference in findings.differences]
