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


def market_url(*, symbol: str, start: str = "${__from}", end: str = "${__to}") -> str:
    """Market with one symbol charted. The arguments are Grafana's expressions, such as ``${__data.fields.symbol}``.

    ``start`` and ``end`` are epoch milliseconds.
    """
    chosen = "".join(f"&var-{name}={symbol}" for name in ("symbol", "chart"))
    kept = "".join(f"&${{{name}:queryparam}}" for name in ("datasource", "stream", "exchange", "interval"))
    return f"/d/{MARKET}?from={start}&to={end}{chosen}{kept}"
