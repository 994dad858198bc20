"""``python -m cryptostream_grafana [repository]``: write dashboards and alert rules into the chart."""

import sys
from pathlib import Path

from cryptostream_grafana.write import write

if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
