"""The results as files: the page, its pictures and the JSON."""

from pathlib import Path

from bench.report.page import render
from bench.report.pictures import draw_drain, draw_latency
from bench.report.style import IMAGES
from bench.results import Results, save

PAGE, DATA = "performance.md", "performance.json"


def publish(results: Results, folder: Path) -> Path:
    """Write them into a folder. Returns the page's path."""
    save(results, folder / DATA)
    if results.drains:
        draw_drain(results, folder / IMAGES / "drain.png")
    if results.latencies:
        draw_latency(results, folder / IMAGES / "latency.png")
    page = folder / PAGE
    page.write_text(render(results), encoding="utf-8")
    return page
