"""The job's process: ``python -m cryptostream_job``, and the main file of a SparkApplication."""

import sys

from cryptostream_job.runner import ExitCode, run_job
from cryptostream_job.settings import JobSettings
from cryptostream_model.settings import SettingsError


def main() -> int:
    """Run the job from the environment's settings; returns the exit code."""
    try:
        settings = JobSettings.load()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return ExitCode.CONFIGURATION
    return run_job(settings)


if __name__ == "__main__":
    sys.exit(main())
