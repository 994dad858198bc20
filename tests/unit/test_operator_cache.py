"""What the watches bring, in any order."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cryptostream_operator.kinds import CRYPTO_STREAM, DEPLOYMENT, Ref
from cryptostream_operator.observe.cache import Cache

KEY = ("desk", "majors")
REF = Ref(DEPLOYMENT, "desk", "d")


def _stream(version: int = 1) -> dict[str, Any]:
    metadata = {"namespace": "desk", "name": "majors", "uid": "s", "resourceVersion": str(version)}
    return {"apiVersion": CRYPTO_STREAM.api_version, "kind": "CryptoStream", "metadata": metadata}


def _deployment(version: int, uid: str = "u", stream: str = "majors") -> dict[str, Any]:
    metadata = {
        "namespace": "desk",
        "name": "d",
        "uid": uid,
        "resourceVersion": str(version),
        "labels": {"cryptostream.io/stream": stream},
        "managedFields": [{"manager": "m"}],
    }
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"at": version}}


def test_objects_are_found_by_their_stream_without_what_nobody_reads() -> None:
    cache = Cache()
    assert cache.put(_deployment(1)) == KEY
    assert cache.put(_stream()) == KEY
    assert cache.streams() == [KEY]
    assert set(cache.children(KEY)) == {REF}
    assert "managedFields" not in cache.children(KEY)[REF]["metadata"]
    stored = cache.stream(KEY)
    assert stored is not None
    assert stored["kind"] == "CryptoStream"


def test_an_older_version_is_no_news() -> None:
    cache = Cache()
    cache.put(_deployment(5))
    assert cache.put(_deployment(5)) is None
    assert cache.put(_deployment(4)) is None
    assert cache.children(KEY)[REF]["spec"] == {"at": 5}


def test_an_answer_that_comes_after_the_news_of_the_deletion_revives_nothing() -> None:
    cache = Cache()
    cache.put(_deployment(1))
    assert cache.remove(_deployment(3)) == KEY
    assert cache.put(_deployment(2)) is None
    assert not cache.children(KEY)


def test_an_object_that_only_lost_its_label_can_come_back() -> None:
    cache = Cache()
    cache.put(_deployment(1))
    cache.remove(_deployment(3))
    assert cache.put(_deployment(3)) == KEY


def test_the_deletion_of_a_former_object_of_the_name_removes_no_newer_one() -> None:
    cache = Cache()
    cache.put(_deployment(7, uid="new"))
    assert cache.remove(_deployment(6, uid="old")) is None
    assert set(cache.children(KEY)) == {REF}


def test_a_child_that_is_labelled_anew_changes_its_stream() -> None:
    cache = Cache()
    cache.put(_deployment(1))
    assert cache.put(_deployment(2, stream="other")) == ("desk", "other")
    assert not cache.children(KEY)
    assert set(cache.children(("desk", "other"))) == {REF}


def test_a_list_removes_what_it_lacks_unless_that_is_newer() -> None:
    cache = Cache()
    cache.put(_deployment(5))
    assert cache.retain(DEPLOYMENT, "desk", [], version=4) == set()
    assert cache.retain(DEPLOYMENT, "elsewhere", [], version=9) == set()
    assert cache.retain(DEPLOYMENT, None, [], version=9) == {KEY}
    assert not cache.children(KEY)


@given(st.permutations(range(1, 8)), st.booleans())
def test_the_newest_version_wins_in_any_order(versions: list[int], deleted: bool) -> None:
    cache = Cache()
    for version in versions:
        if deleted and version == 7:
            cache.remove(_deployment(version))
        else:
            cache.put(_deployment(version))
    found = cache.children(KEY)
    assert [live["spec"]["at"] for live in found.values()] == ([] if deleted else [7])


def test_the_answer_that_let_an_object_go_does_not_bring_it_back() -> None:
    """Its version is that of the deletion, of which the watch may have told before."""
    cache = Cache()
    cache.put(_deployment(1))
    answer = _deployment(5)
    answer["metadata"]["deletionTimestamp"] = "2026-01-31T12:00:00Z"
    cache.remove(answer)
    assert cache.put(answer) is None
    assert cache.children(KEY) == {}


def test_a_kind_that_is_gone_takes_its_objects_along() -> None:
    cache = Cache()
    cache.put(_stream())
    cache.put(_deployment(1))
    assert cache.drop(CRYPTO_STREAM) == {KEY}
    assert cache.streams() == []
    assert cache.drop(DEPLOYMENT) == {KEY}
    assert cache.children(KEY) == {}
