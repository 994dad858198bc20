"""What the terminal view needs to know: the stream's name, Kafka and the database."""

from pydantic import Field, SecretStr

from cryptostream_model.settings import KafkaSettings


class ViewSettings(KafkaSettings):
    """The job's own variables, so that one environment serves both; a role that may only read suffices."""

    database_url: SecretStr = Field(description="libpq URL of the database; the reader role suffices")
