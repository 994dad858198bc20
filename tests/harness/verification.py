"""Run ``cryptostream verify`` as a user would."""

from dataclasses import dataclass

from cryptostream_model.streams import StreamName
from harness.commands import cryptostream
from harness.job import SHORT


@dataclass(frozen=True)
class Verdict:
    """Exit code and what was printed."""

    code: int
    output: str

    def passed(self) -> "Verdict":
        """Fails with the differences unless everything agreed."""
        assert self.code == 0, self.output
        return self


def verify(
    stream: StreamName, bootstrap: str, database_url: str, *options: str, wait: float = 60.0, **settings: object
) -> Verdict:
    """Verify a stream, waiting for the database to catch up with the topic."""
    answer = cryptostream(
        "verify",
        "--wait",
        str(wait),
        *options,
        timeout=wait + 120,
        **{
            "namespace": stream.namespace,
            "name": stream.name,
            "kafka_bootstrap": bootstrap,
            "database_url": database_url,
            **SHORT,
            **settings,
        },
    )
    return Verdict(answer.returncode, answer.stdout + answer.stderr)
