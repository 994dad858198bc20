"""Who holds a field that is to be applied."""

from cryptostream_operator.apply.conflicts import Conflict, describe, is_drift, read_conflicts
from cryptostream_operator.apply.errors import read_error

_EDIT = {
    "reason": "FieldManagerConflict",
    "message": 'conflict with "kubectl-edit" using apps/v1 at 2026-01-31T12:00:00Z',
    "field": ".spec.paused",
}
_SCALE = {
    "reason": "FieldManagerConflict",
    "message": 'conflict with "kubectl" with subresource "scale" using apps/v1',
    "field": ".spec.replicas",
}
_APPLY = {"reason": "FieldManagerConflict", "message": 'conflict with "argocd-controller"', "field": ".spec.replicas"}


def test_edits_by_hand_are_drift() -> None:
    found = read_conflicts([_EDIT, _SCALE])
    assert found == [Conflict("kubectl-edit", ".spec.paused", False), Conflict("kubectl", ".spec.replicas", False)]
    assert is_drift(found)


def test_one_applier_among_them_is_reason_enough_to_leave_it() -> None:
    found = read_conflicts([_EDIT, _APPLY])
    assert not is_drift(found)
    assert describe(found) == "argocd-controller applies .spec.replicas"


def test_what_cannot_be_read_is_not_fought() -> None:
    found = read_conflicts([{"reason": "FieldManagerConflict", "message": "something new", "field": ".a"}])
    assert not is_drift(found)


def test_other_causes_are_no_conflict() -> None:
    assert read_conflicts([{"reason": "FieldValueInvalid", "message": "no"}]) == []


def test_errors_are_read_from_the_answer() -> None:
    body = b'{"kind": "Status", "reason": "Conflict", "message": "m", "details": {"causes": [{"reason": "r"}]}}'
    error = read_error(409, body, "Conflict")
    assert (error.code, error.message, error.causes) == (409, "m", ({"reason": "r"},))
    assert read_error(502, b"<html>", "Bad Gateway").message == "<html>"
    assert read_error(500, "", "Internal").message == "Internal"


def test_refusals_are_those_that_the_same_again_would_not_help() -> None:
    assert read_error(422, b"{}", "Invalid").is_refusal
    assert read_error(500, b'{"message": "failed calling webhook x"}', "Internal").is_refusal
    assert not read_error(503, b"{}", "Unavailable").is_refusal
