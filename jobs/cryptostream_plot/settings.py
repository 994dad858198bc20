"""What `cryptostream plot` needs to know, read from CRYPTOSTREAM_* variables."""

from pydantic import Field, SecretStr

from cryptostream_model.settings import PartSettings


class PlotSettings(PartSettings):
    """The stream's name and its database."""

    database_url: SecretStr = Field(description="libpq URL of the database; a role that may read suffices")
