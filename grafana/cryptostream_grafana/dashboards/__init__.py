"""The dashboards."""

from cryptostream_grafana.board import Board
from cryptostream_grafana.dashboards import market


def boards() -> tuple[Board, ...]:
    """All of them, in the order in which one reads them."""
    return (market.board(),)
