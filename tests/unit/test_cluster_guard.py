"""End-to-end tests touch no cluster but those for tests."""

from pathlib import Path

import pytest

from harness.kubernetes import current_context, is_for_tests, refuse_other_clusters


@pytest.mark.parametrize("context", ["kind-kind", "kind-e2e", "minikube", "test-cluster"])
def test_clusters_for_tests(context: str) -> None:
    assert is_for_tests(context)


@pytest.mark.parametrize(
    "context", ["", "kind", "kind-", "production", "my-kind-cluster", "minikube-prod", "test-clusters"]
)
def test_other_clusters(context: str) -> None:
    assert not is_for_tests(context)


def test_the_first_file_that_names_a_context_decides(tmp_path: Path) -> None:
    for name, text in {"empty": "", "one": "current-context: production", "two": "current-context: minikube"}.items():
        (tmp_path / name).write_text(text)
    files = [str(tmp_path / name) for name in ("absent", "empty", "one", "two")]
    assert current_context(":".join(files)) == "production"
    assert current_context(":".join(files[:2])) == ""


def test_a_run_on_another_cluster_ends_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text("current-context: production")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    with pytest.raises(pytest.exit.Exception, match="refusing context 'production'"):
        refuse_other_clusters()


def test_without_a_cluster_the_tests_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    with pytest.raises(pytest.skip.Exception, match="set KUBECONFIG"):
        refuse_other_clusters()
