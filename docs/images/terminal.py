"""Take docs/images/terminal-*.svg from a running stream: ``python docs/images/terminal.py``.

Settings are those of ``cryptostream watch``. CRYPTOSTREAM_* variables name the stream; options say what to wait for.
"""

import argparse
import io
import re
import time
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import TerminalTheme

from cryptostream_view.observer import StreamObserver
from cryptostream_view.screen import render
from cryptostream_view.settings import ViewSettings
from cryptostream_view.snapshot import Snapshot
from cryptostream_view.title import Title

# Without the fonts that Rich would have the reader's browser fetch.
FORMAT = re.sub(r"@font-face {{.*?}}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
SIZES = ((80, 24), (200, 50))
FOLDER = Path(__file__).parent
THEME = TerminalTheme(
    (16, 20, 26),
    (208, 214, 222),
    [(16, 20, 26)] * 7 + [(208, 214, 222)],
)


def main() -> None:
    """Observe for a while, then draw each size once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--symbols", default="", help="those to show first")
    parser.add_argument("--source", default="", help="what the header says the source is")
    parser.add_argument("--seconds", type=float, default=75.0, help="how long to observe before the picture is taken")
    options = parser.parse_args()
    settings = ViewSettings.load()
    now = time.time_ns() // 1000
    observer = StreamObserver(settings, [name for name in options.symbols.split(",") if name], now)
    observer.start()
    observer.mark_live(now)
    time.sleep(options.seconds)
    title = Title(options.source, now, None, (f"Kafka {settings.kafka_bootstrap}",))
    shown = observer.snapshot()
    observer.stop()
    for width, height in SIZES:
        picture(shown, title, width, height)


def picture(shown: Snapshot, title: Title, width: int, height: int) -> None:
    """Write terminal-WIDTH.svg."""
    console = Console(
        file=io.StringIO(), record=True, width=width, height=height, force_terminal=True, color_system="truecolor"
    )
    console.print(render(shown, title, width, height))
    (FOLDER / f"terminal-{width}.svg").write_text(
        console.export_svg(title="cryptostream", theme=THEME, code_format=FORMAT)
    )


if __name__ == "__main__":
    main()
