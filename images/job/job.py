"""The main file of the SparkApplication."""

import sys

from cryptostream_job.__main__ import main

sys.exit(main())
