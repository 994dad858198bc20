"""How a container reaches the database: its URL from a Secret, and the mounted certificate authority."""

from cryptostream_operator.builders.image_layout import DATABASE_AUTHORITY, DATABASE_AUTHORITY_FILE
from cryptostream_operator.builders.inputs import Manifest, Stream
from cryptostream_operator.builders.variables import Variables, from_secret, literal

_VOLUME = "database-authority"


def database_access(stream: Stream) -> Variables:
    """The URL and, where one is given, the authority: libpq's own variable, which a URL's sslrootcert wins over."""
    sink = stream.spec.sink
    variables = {"CRYPTOSTREAM_DATABASE_URL": from_secret(sink.secret_name, sink.secret_key)}
    if sink.authority_secret is not None:
        variables["PGSSLROOTCERT"] = literal(DATABASE_AUTHORITY_FILE)
    return variables


def database_volumes(stream: Stream) -> list[Manifest]:
    """The volume with the certificate authority, none where the stream names none."""
    authority = stream.spec.sink.authority_secret
    if authority is None:
        return []
    # The whole volume is mounted, not a file of it: a renewed certificate then arrives by itself.
    items = [{"key": authority.key, "path": "ca.crt"}]
    return [{"name": _VOLUME, "secret": {"secretName": authority.name, "items": items}}]


def database_mounts(stream: Stream) -> list[Manifest]:
    """Where containers find that volume."""
    if stream.spec.sink.authority_secret is None:
        return []
    return [{"name": _VOLUME, "mountPath": DATABASE_AUTHORITY, "readOnly": True}]
