"""What is read besides the watches: kinds, Secrets, the parts' pages. Seldom, and without their values."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from cryptostream_operator.kinds import CRYPTO_STREAM, KAFKA_TOPIC, SECRET, SPARK_APPLICATION, WATCHED, Manifest, Ref
from cryptostream_operator.labels import child_labels
from cryptostream_operator.observe.cache import Key
from cryptostream_operator.observe.discovery import Discovery
from cryptostream_operator.observe.namespaces import Namespaces
from cryptostream_operator.observe.pages import Pages, at_once
from cryptostream_operator.observe.secrets import Secrets

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
KEY = ("desk", "majors")
DATABASE = Ref(SECRET, "desk", "db")


def test_kinds_that_come_and_go_are_noticed_and_those_of_kubernetes_are_always_there() -> None:
    known: set[tuple[str, str, str]] = {(CRYPTO_STREAM.group, CRYPTO_STREAM.version, CRYPTO_STREAM.kind)}
    discovery = Discovery(lambda: frozenset(known))
    assert discovery.refresh() == {CRYPTO_STREAM}
    assert KAFKA_TOPIC not in discovery.served
    assert {kind for kind in WATCHED if kind.provider is None} <= discovery.served
    known.add((KAFKA_TOPIC.group, KAFKA_TOPIC.version, KAFKA_TOPIC.kind))
    known.add((SPARK_APPLICATION.group, "v1beta1", SPARK_APPLICATION.kind))
    assert discovery.refresh() == {KAFKA_TOPIC}
    assert discovery.refresh() == frozenset()
    known.clear()
    assert discovery.refresh() == frozenset(), "an API server that has just started does not know all kinds yet"
    assert discovery.doubts
    assert KAFKA_TOPIC in discovery.served
    assert discovery.refresh() == {CRYPTO_STREAM, KAFKA_TOPIC}
    assert not discovery.doubts
    assert KAFKA_TOPIC not in discovery.served


def test_a_kind_that_is_missing_for_a_moment_has_not_gone() -> None:
    all_of_them = frozenset({(KAFKA_TOPIC.group, KAFKA_TOPIC.version, KAFKA_TOPIC.kind)})
    answers = [all_of_them, frozenset(), all_of_them, frozenset(), all_of_them]
    discovery = Discovery(lambda: answers.pop(0))
    assert [discovery.refresh() for _ in range(5)] == [{KAFKA_TOPIC}, *[frozenset()] * 4]


class _Vault:
    """Secrets, and what was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.stored: dict[str, Manifest] = {}
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def put(self, name: str, version: int, *keys: str) -> None:
        self.stored[name] = {"metadata": {"resourceVersion": str(version)}, "data": dict.fromkeys(keys, "c2VjcmV0")}

    def get(self, ref: Ref) -> Manifest | None:
        self.asked.append(f"all of {ref.name}")
        return self.stored.get(ref.name)

    def version(self, ref: Ref) -> str | None:
        self.asked.append(f"version of {ref.name}")
        return self.stored[ref.name]["metadata"]["resourceVersion"] if ref.name in self.stored else None


def test_a_secret_is_asked_for_once_for_all_its_streams_and_its_values_are_dropped() -> None:
    vault = _Vault()
    vault.put("db", 1, "url")
    secrets = Secrets(vault.get, vault.version, vault.clock)
    for stream in ("majors", "minors", "majors"):
        assert secrets.look(("desk", stream), ["db"]) == {"db": {"url"}}
    assert vault.asked == ["all of db"]
    assert "c2VjcmV0" not in repr(vars(secrets))


def test_a_secret_that_comes_changes_or_goes_is_told_to_the_streams_that_refer_to_it() -> None:
    vault = _Vault()
    secrets = Secrets(vault.get, vault.version, vault.clock)
    assert secrets.look(KEY, ["db"]) == {"db": None}
    secrets.look(("desk", "others"), ["other"])
    assert secrets.refresh(DATABASE) == set()
    vault.put("db", 1)
    assert secrets.refresh(DATABASE) == {KEY}
    assert secrets.look(KEY, ["db"]) == {"db": frozenset()}
    vault.put("db", 2, "url")
    assert secrets.refresh(DATABASE) == {KEY}
    assert secrets.look(KEY, ["db"]) == {"db": {"url"}}
    vault.asked.clear()
    assert secrets.refresh(DATABASE) == set()
    assert vault.asked == ["version of db"], "values are not fetched for nothing"
    del vault.stored["db"]
    assert secrets.refresh(DATABASE) == {KEY}
    assert secrets.look(KEY, ["db"]) == {"db": None}


def test_each_secret_is_looked_at_once_an_interval() -> None:
    vault = _Vault()
    secrets = Secrets(vault.get, vault.version, vault.clock)
    secrets.look(KEY, ["db"])
    vault.now = 14.0
    assert secrets.due(15) == []
    secrets.look(KEY, ["db", "login"])
    vault.now = 15.0
    assert secrets.due(15) == [DATABASE]
    secrets.refresh(DATABASE)
    assert secrets.due(15) == []


def test_secrets_that_no_stream_refers_to_any_more_are_forgotten() -> None:
    vault = _Vault()
    secrets = Secrets(vault.get, vault.version, vault.clock)
    secrets.look(KEY, ["db", "login"])
    secrets.look(("desk", "others"), ["db"])
    secrets.look(KEY, ["db"])
    assert secrets.due(0) == [DATABASE]
    secrets.forget(KEY)
    assert secrets.due(0) == [DATABASE]
    secrets.forget(("desk", "others"))
    assert secrets.due(0) == []
    assert secrets.refresh(DATABASE) == set()


def _pod(name: str, component: str, ready: bool = True) -> Manifest:
    ready_condition = {"type": "Ready", "status": "True" if ready else "False"}
    return {
        "metadata": {"name": name, "namespace": "desk", "labels": child_labels("majors", component)},
        "status": {"phase": "Running", "podIP": "10.0.0.1", "conditions": [ready_condition]},
    }


class _Parts:
    """Pages of pods, and what was read of them."""

    def __init__(self) -> None:
        self.read: list[tuple[str, int, str]] = []
        self.trades = 0
        self.readiness = (200, "ok\n")

    def __call__(self, pod: Manifest, port: int, page: str) -> tuple[int, str]:
        self.read.append((pod["metadata"]["name"], port, page))
        if page == "/readyz":
            return self.readiness
        if port == 8090:
            return 200, 'cryptostream_job_waiting{part="database"} 0\n'
        name = "cryptostream_producer_records"
        return 200, f'# TYPE {name} counter\n{name}_total{{type="trade"}} {self.trades}\n'


def test_metrics_are_read_once_a_minute_and_the_words_of_parts_in_trouble_oftener() -> None:
    parts = _Parts()
    pages = Pages(parts, timedelta(minutes=1), at_once)
    pods = [_pod("producer", "producer"), _pod("driver", "driver")]
    assert pages.look(KEY, pods, NOW).trades_per_second is None
    assert sorted(parts.read) == [
        ("driver", 8090, "/metrics"),
        ("driver", 8090, "/readyz"),
        ("producer", 8080, "/metrics"),
    ]
    parts.read.clear()
    pages.look(KEY, pods, NOW + timedelta(seconds=5))
    assert parts.read == []
    parts.readiness = (503, "fenced by writer w\n")
    pods[0] = _pod("producer", "producer", ready=False)
    found = pages.look(KEY, pods, NOW + timedelta(seconds=10))
    assert ("producer", 8080, "/metrics") not in parts.read
    assert found.not_ready["producer"] == "fenced by writer w"
    parts.trades = 600
    assert pages.look(KEY, pods, NOW + timedelta(seconds=60)).trades_per_second == 10


def test_pods_that_cannot_be_reached_are_left_out() -> None:
    def unreachable(*_: object) -> tuple[int, str]:
        raise OSError("no route")

    found = Pages(unreachable, timedelta(minutes=1), at_once).look(KEY, [_pod("driver", "driver")], NOW)
    assert not found.job_read
    assert found.database_away is None


def test_no_look_waits_for_a_pod_that_does_not_answer() -> None:
    """And none asks it a second time meanwhile."""
    work: list[Callable[[], None]] = []
    told: list[Key] = []
    pages = Pages(_Parts(), timedelta(minutes=1), work.append)
    pages.on_read = told.append
    for seconds in (0, 10, 20):
        assert not pages.look(KEY, [_pod("driver", "driver")], NOW + timedelta(seconds=seconds)).job_read
    assert (len(work), told) == (1, [])
    work.pop()()
    assert told == [KEY]
    assert pages.look(KEY, [_pod("driver", "driver")], NOW + timedelta(seconds=21)).job_read
    assert len(work) == 1, "it is time to ask again"


def test_what_a_former_driver_said_is_not_taken_for_the_new_ones_words() -> None:
    work: list[Callable[[], None]] = []
    pages = Pages(_Parts(), timedelta(minutes=1), work.append)
    former, new = _pod("driver", "driver"), _pod("driver", "driver")
    former["metadata"]["uid"], new["metadata"]["uid"] = "1", "2"
    pages.look(KEY, [former], NOW)
    work.pop()()
    assert pages.look(KEY, [former], NOW + timedelta(seconds=1)).job_read
    found = pages.look(KEY, [new], NOW + timedelta(seconds=10))
    assert not found.job_asked
    assert not found.job_read
    work.pop()()
    assert pages.look(KEY, [new], NOW + timedelta(seconds=11)).job_read


def test_nobody_is_asked_once_the_operator_ends() -> None:
    parts = _Parts()
    pages = Pages(parts, timedelta(minutes=1), at_once)
    pages.stop()
    pages.look(KEY, [_pod("driver", "driver")], NOW)
    assert parts.read == []


def test_a_namespace_is_looked_at_once_for_all_its_streams_and_again_soon() -> None:
    asked: list[str] = []

    def get(namespace: str) -> dict[str, str]:
        asked.append(namespace)
        return {"asked": str(len(asked))}

    namespaces = Namespaces(get)
    assert [namespaces.labels("desk", NOW)] * 2 == [namespaces.labels("desk", NOW), {"asked": "1"}]
    assert namespaces.labels("desk", NOW + timedelta(seconds=6)) == {"asked": "2"}
    assert namespaces.labels("other", NOW + timedelta(seconds=6)) == {"asked": "3"}
