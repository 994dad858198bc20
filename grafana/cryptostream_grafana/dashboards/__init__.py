"""The dashboards."""

from cryptostream_grafana.board import Board
from cryptostream_grafana.dashboards import alerts, feed_health, market


def boards() -> tuple[Board, ...]:
    """All of them, in the order in which one reads them."""
    return (market.board(), alerts.board(), feed_health.board())
