"""Names of a stream's children."""

from hypothesis import given
from hypothesis import strategies as st

from cryptostream_model.streams import StreamName
from cryptostream_operator.api.names import LONGEST_NAME, TOPIC_KINDS, Names

NAMES = Names("desk", "majors")


def test_topics_are_those_that_producer_and_job_use() -> None:
    stream = StreamName("desk", "majors")
    used = (stream.trades_topic, stream.positions_topic, stream.alerts_topic, stream.dead_letters_topic)
    assert tuple(NAMES.kafka_topic(kind) for kind in TOPIC_KINDS) == used


def test_transactional_ids_of_all_partitions_begin_with_the_prefix_and_of_no_other_stream() -> None:
    prefix = NAMES.transactional_id_prefix()
    assert all(StreamName("desk", "majors").transactional_id(partition).startswith(prefix) for partition in range(256))
    assert not StreamName("desk", "majors-2").transactional_id(0).startswith(prefix)


def test_the_job_of_a_rebuild_is_another_one_for_another_target() -> None:
    assert NAMES.rebuild_job("0123456789abcdef") == "majors-rebuild-01234567"
    assert NAMES.rebuild_job("fedcba9876543210") != NAMES.rebuild_job("0123456789abcdef")


_name = st.from_regex(rf"[a-z]([-a-z0-9]{{0,{LONGEST_NAME - 2}}}[a-z0-9])?", fullmatch=True)


@given(_name, _name)
def test_two_streams_of_a_namespace_never_share_a_topic_of_kafka(one: str, other: str) -> None:
    if one != other:
        topics = {Names("desk", name).kafka_topic(kind) for name in (one, other) for kind in TOPIC_KINDS}
        assert len(topics) == 2 * len(TOPIC_KINDS)
