"""The results as files: a page and its pictures."""

from pathlib import Path

from cryptostream_evaluation.pictures import draw_benchmark, draw_recall, draw_rules
from cryptostream_evaluation.report import IMAGES, PUBLISHED, Results, render

PAGE = "detection-results.md"


def publish(results: Results, folder: Path) -> Path:
    """Write the page and its pictures into a folder. Returns the page's path."""
    rules, types = results.rules, results.types
    images = folder / IMAGES
    draw_rules(rules, images / "rules.png")
    draw_recall(types, images / "recall.png")
    if results.benchmark:
        draw_benchmark(results.benchmark[0][1], PUBLISHED, images / "benchmark.png")
    page = folder / PAGE
    page.write_text(render(results, rules, types), encoding="utf-8")
    return page
