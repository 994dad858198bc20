"""``python -m cryptostream_producer``."""

import sys

from cryptostream_producer.main import produce

sys.exit(produce())
