"""Tables of Alerts and Feed health."""

from grafana_foundation_sdk.builders.table import Panel

from cryptostream_grafana.palette import CRITICAL, MUTED, WARNING
from cryptostream_grafana.panels.tables import alert_list, column, figure_column, table
from cryptostream_grafana.panels.tickers import AGE_STEPS
from cryptostream_grafana.units import COUNT, SECONDS

_NONE_IS_GOOD = ((None, MUTED), (1, WARNING))


def full_alert_list(link: str) -> Panel:
    """Alerts with everything that is known of them."""
    return (
        alert_list(link)
        .override_by_name("threshold", column("Threshold", decimals=1, custom__width=90))
        .override_by_name("lasted", column("Lasted", unit=SECONDS, decimals=0, custom__width=110))
        .override_by_name("origin", column("Found in", custom__width=90))
    )


def symbol_table() -> Panel:
    """A row for each symbol of the feed."""
    return (
        table()
        .override_by_name("symbol", column("Symbol"))
        .override_by_name("partition", column("Partition", custom__width=90))
        .override_by_name("trades", column("Trades", unit=COUNT))
        .override_by_name("late", figure_column("Late", COUNT, 0, _NONE_IS_GOOD))
        .override_by_name("missing", figure_column("Missing", COUNT, 0, ((None, MUTED), (1, CRITICAL))))
        .override_by_name("age", figure_column("Last trade", SECONDS, 0, AGE_STEPS))
        .override_by_name("behind", figure_column("Clock behind", SECONDS, 0, AGE_STEPS))
        .override_by_name("closed", column("Windows closed to", custom__width=180))
    )


def gap_table() -> Panel:
    """Gaps that stay."""
    return (
        table()
        .override_by_name("time", column("Time", custom__width=180))
        .override_by_name("symbol", column("Symbol"))
        .override_by_name("reason", column("Reason"))
        .override_by_name("trades", column("Trades", unit=COUNT))
        .override_by_name("first", column("First id"))
        .override_by_name("last", column("Last id"))
    )
