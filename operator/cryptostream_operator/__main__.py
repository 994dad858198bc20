"""``python -m cryptostream_operator``: run the operator with the settings of the environment."""

import logging
import sys

from cryptostream_model.logs import configure_logging
from cryptostream_model.settings import SettingsError
from cryptostream_operator.handlers.lifecycle import run
from cryptostream_operator.settings import OperatorSettings


def main() -> int:
    """Run until told to stop: 0; 2 when a setting is wrong."""
    try:
        settings = OperatorSettings.load()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    configure_logging("operator", settings.log_format, settings.log_level)
    # Kopf tells of every object that it hands on.
    logging.getLogger("kopf.objects").setLevel(logging.WARNING)
    run(settings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
