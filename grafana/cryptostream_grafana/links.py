"""Links between the dashboards, which keep time and variables."""

from grafana_foundation_sdk.builders.dashboard import DashboardLink
from grafana_foundation_sdk.models.dashboard import DashboardLinkType

TAG = "cryptostream"
MARKET = "cryptostream-market"
ALERTS = "cryptostream-alerts"
FEED_HEALTH = "cryptostream-feed-health"


def to_the_others() -> DashboardLink:
    """The row of links at the top: the project's other dashboards with this one's time and variables."""
    return (
        DashboardLink("CryptoStream")
        .type(DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(False)
        .keep_time(True)
        .include_vars(True)
    )


def market_url(*, symbol: str, keep_symbols: bool = False, start: str = "", end: str = "") -> str:
    """Market with a symbol charted, alone or beside the symbols that are selected.

    The arguments are Grafana's expressions, such as ``${__data.fields.symbol:percentencode}``; ``start`` and ``end``
    are epoch milliseconds, without them the range stays as it is, and relative to now if it was.
    """
    range_ = f"from={start}&to={end}" if start else "${__url_time_range}"
    names = ["datasource", "stream", "exchange", "detector", "severity", "interval"]
    kept = "&".join(f"${{{name}:queryparam}}" for name in names)
    selected = "${symbol:queryparam}" if keep_symbols else f"var-symbol={symbol}"
    return f"/d/{MARKET}?{range_}&{kept}&{selected}&var-chart={symbol}"
