"""A chart as one HTML file that loads nothing: plotly is inside it."""

import json
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from pathlib import Path

from plotly.io import to_json
from plotly.offline import get_plotlyjs

from cryptostream_plot import labels
from cryptostream_plot.chart import Chart
from cryptostream_plot.html_figure import HEIGHT, symbol_figure
from cryptostream_plot.html_tables import alert_table, key, symbol_table
from cryptostream_plot.palette import DARK, NAMES


def write_html(chart: Chart, path: Path) -> Path:
    """Write the page. Returns the path; its folder is created."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_html(chart), encoding="utf-8")
    return path


def render_html(chart: Chart) -> str:
    """The page: a table of the symbols, a figure for each, a table of the alerts.

    Every text that comes from outside is escaped. A content security policy forbids all loading, so the page is the
    same on a machine without a network.
    """
    title = escape(labels.title(chart))
    figures = "\n".join(_figure(chart, number) for number in range(len(chart.symbols)))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; \
style-src 'unsafe-inline'; img-src data: blob:">
<title>{title}</title>
<style>
{_variables({})}
@media (prefers-color-scheme: dark) {{ {_variables(DARK)} }}
{_part("page.css")}</style>
<script>{get_plotlyjs()}</script>
</head>
<body>
<header>
<h1>{title}</h1>
<p>{escape(labels.candles_of(chart.interval.length))}; times are UTC, volumes in quote currency. \
Drag to zoom into a time, double-click to see all.</p>
{key(chart)}
</header>
<main>
{symbol_table(chart)}
{figures}
{alert_table(chart)}
</main>
<script type="application/json" id="dark">{json.dumps(DARK)}</script>
<script>
{_part("page.js")}</script>
</body>
</html>
"""


def _figure(chart: Chart, number: int) -> str:
    symbol = chart.symbols[number]
    name = escape(symbol.symbol)
    # plotly writes <, > and / of its JSON as \u escapes, so that nothing in it can end the script element.
    drawn = (
        f'<div class="plot" style="min-height:{HEIGHT}px" role="img" aria-label="Candles, volume and alerts of {name}">'
        f'</div>\n<script type="application/json">{to_json(symbol_figure(chart, symbol), validate=False)}'
        "</script>"
        if symbol.candles
        else "<p>No trades in this range.</p>"
    )
    return f'<section class="symbol" id="symbol-{number}">\n<h2>{name}</h2>\n{drawn}\n</section>'


def _variables(replaced: Mapping[str, str]) -> str:
    """The palette as variables of the style sheet, some colours replaced by others."""
    return f":root {{ {' '.join(f'--{name}: {replaced.get(value, value)};' for name, value in NAMES.items())} }}"


def _part(name: str) -> str:
    return (files("cryptostream_plot") / name).read_text(encoding="utf-8")
