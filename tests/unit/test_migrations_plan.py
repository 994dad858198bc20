"""Which migrations a database lacks, and when the code refuses to touch or use it."""

import pytest

from cryptostream_sql.catalogue import FLAVOURS, Flavour, Migration, arrange, known_migrations
from cryptostream_sql.schema import AppliedMigration, SchemaError, pending_migrations, recorded_flavour

KNOWN = tuple(Migration(number, f"step_{number}", f"SELECT {number}") for number in (1, 2, 3))


def applied(*migrations: Migration) -> list[AppliedMigration]:
    return [AppliedMigration(each.version, each.name, each.checksum, "plain") for each in migrations]


@pytest.mark.parametrize("count", range(4))
def test_what_is_applied_is_not_pending(count: int) -> None:
    assert pending_migrations(KNOWN, applied(*KNOWN[:count])) == KNOWN[count:]


def test_a_database_ahead_of_the_code_asks_to_update_the_code() -> None:
    ahead = Migration(4, "from_the_future", "SELECT 4")
    with pytest.raises(SchemaError, match=r"newer than this code: it has migration 0004_from_the_future.*update this"):
        pending_migrations(KNOWN, applied(*KNOWN, ahead))


def test_an_applied_migration_whose_file_has_changed_is_refused_by_name() -> None:
    altered = Migration(2, "step_2", "SELECT 22")
    with pytest.raises(SchemaError, match=r"0002_step_2 was applied .* with another content"):
        pending_migrations(KNOWN, applied(KNOWN[0], altered))


def test_a_hole_in_the_applied_migrations_is_refused() -> None:
    with pytest.raises(SchemaError, match=r"lacks a row: it holds versions \[1, 3\]"):
        pending_migrations(KNOWN, applied(KNOWN[0], KNOWN[2]))


def test_a_flavour_that_the_code_does_not_know_is_refused() -> None:
    with pytest.raises(SchemaError, match="unknown flavour 'sqlite'"):
        recorded_flavour([AppliedMigration(1, "core", "", "sqlite")])


def test_line_ends_of_a_checkout_do_not_change_a_checksum_and_anything_else_does() -> None:
    original = Migration(1, "core", "SELECT 1;\nSELECT 2;\n")
    assert Migration(1, "core", "SELECT 1;\r\nSELECT 2;\r\n").checksum == original.checksum
    assert Migration(1, "core", "SELECT 1;\nSELECT  2;\n").checksum != original.checksum


def test_both_flavours_have_the_same_versions() -> None:
    plain, timescale = (known_migrations(flavour) for flavour in FLAVOURS)
    assert [each.version for each in plain] == [each.version for each in timescale]
    assert plain[0].title == "0001_core"


@pytest.mark.parametrize(
    ("flavour", "expected"), [("plain", ["core", "tables"]), ("timescale", ["core", "hypertables"])]
)
def test_a_flavour_takes_the_common_files_and_its_own(flavour: Flavour, expected: list[str]) -> None:
    texts = {"0002_tables.plain.sql": "", "0002_hypertables.timescale.sql": "", "0001_core.sql": ""}
    assert [each.name for each in arrange(texts, flavour)] == expected


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        (["0001_core.sql", "0003_later.sql"], r"numbered \[1, 3\]"),
        (["0001_core.sql", "0001_twin.sql"], r"numbered \[1, 1\]"),
        (["0001_core.sql", "0002_rollups.timescale.sql", "0003_views.sql"], r"flavour plain are numbered \[1, 3\]"),
        (["core.sql"], "core.sql: not named"),
        (["0001_core.oracle.sql"], "0001_core.oracle.sql: not named"),
    ],
)
def test_migrations_that_are_missing_doubled_or_misnamed_are_refused(names: list[str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        arrange(dict.fromkeys(names, ""), "plain")
