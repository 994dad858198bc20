"""Whose an object is, in the words of a message."""

import pytest

from cryptostream_operator.kinds import Manifest
from cryptostream_operator.plan.ownership import belonging, owner_of
from harness.stream_specs import stream_of

_OURS = {"app.kubernetes.io/managed-by": "cryptostream-operator"}


def _live(labels: dict[str, str], controller: dict[str, str] | None = None) -> Manifest:
    references = [] if controller is None else [{**controller, "controller": True}]
    return {"metadata": {"name": "majors-job", "labels": labels, "ownerReferences": references}}


@pytest.mark.parametrize(
    ("live", "owner"),
    [
        (_live({"app.kubernetes.io/managed-by": "Helm"}), "Helm"),
        (_live({}), "somebody else"),
        (_live({**_OURS, "cryptostream.io/stream": "others"}), "CryptoStream others"),
        (_live({}, {"kind": "Deployment", "name": "web", "uid": "1"}), "Deployment web"),
    ],
)
def test_the_owner_of_a_foreign_object_is_named(live: Manifest, owner: str) -> None:
    assert belonging(live, stream_of()) == "foreign"
    assert owner_of(live) == owner
