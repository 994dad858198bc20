"""What `cryptostream verify` needs to know: the job's own variables, so that one environment serves both."""

from cryptostream_job.model import Geometry
from cryptostream_job.settings import GeometrySettings

_LENGTHS = ("pane", "slide", "window", "allowed_lateness")


class VerifySettings(GeometrySettings):
    """Kafka, the database (a role that may read suffices), lengths of panes and windows, detectors."""

    def geometry_mismatches(self, stored: Geometry) -> list[str]:
        """Lengths that were set explicitly and differ from those the job has stored."""
        return [
            f"CRYPTOSTREAM_{name.upper()} is {getattr(self.geometry, name) / 1e6:g} s, the job computed with "
            f"{getattr(stored, name) / 1e6:g} s: verified with the latter"
            for name in _LENGTHS
            if name in self.model_fields_set and getattr(self.geometry, name) != getattr(stored, name)
        ]
