"""The logins of the job and of dashboards: made, given their passwords and their roles by the owner of the schema."""

from datetime import timedelta

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812
from psycopg2.extensions import encrypt_password

from cryptostream_sql.connection import DatabaseError, connect
from cryptostream_sql.schema import check_schema
from cryptostream_sql.settings import Login, LoginSettings

_GRANTS = {
    "cryptostream_writer": sql.SQL("GRANT cryptostream_writer TO {login}"),
    "cryptostream_reader": sql.SQL("CALL crypto_grant_reader({name})"),
}


class LoginsError(DatabaseError):
    """A login cannot be made; the text names the setting and what to do."""


def make_logins(dsn: str, logins: dict[str, Login], *, patience: timedelta = timedelta(0)) -> list[str]:
    """Make each login of a group role (``cryptostream_writer`` or ``cryptostream_reader``), all in one transaction.

    A login that exists gets the password and the role, and keeps its sessions. Passwords leave this process as
    SCRAM verifiers only, so that no log of the server holds them. Returns the logins' names.
    Raises DatabaseError (unreachable, login refused), SchemaError (not migrated) and LoginsError.
    """
    connection = connect(dsn, patience=patience, application_name="cryptostream logins")
    try:
        check_schema(connection)
        with connection, connection.cursor() as cursor:
            for role, login in logins.items():
                _make(connection, cursor, role, login)
    finally:
        connection.close()
    return [login.name for login in logins.values()]


def make_logins_with(settings: LoginSettings) -> list[str]:
    """What ``cryptostream logins`` does: ``make_logins`` as the settings say."""
    return make_logins(settings.database_url.get_secret_value(), settings.logins(), patience=settings.database_patience)


def _make(connection: Connection, cursor: Cursor, role: str, login: Login) -> None:
    name = sql.Identifier(login.name)
    _refuse_the_powerful(cursor, login)
    verifier = encrypt_password(login.password.get_secret_value(), login.name, connection, "scram-sha-256")
    try:
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", (login.name,))
        verb = sql.SQL("CREATE ROLE" if cursor.fetchone() is None else "ALTER ROLE")
        cursor.execute(sql.SQL("{} {} LOGIN PASSWORD {}").format(verb, name, sql.Literal(verifier)))
        cursor.execute(_GRANTS[role].format(login=name, name=sql.Literal(login.name)))
    except psycopg2.errors.InsufficientPrivilege as error:
        raise LoginsError(
            f"the owner may not make the login {login.name}: {str(error).strip()}. Have an administrator run "
            f'"ALTER ROLE {connection.info.user} CREATEROLE", or make the login and grant it {role}'
        ) from None


def _refuse_the_powerful(cursor: Cursor, login: Login) -> None:
    """The owner itself or another superuser would be given a new password, and reading logins be made read-only."""
    cursor.execute(
        "SELECT rolname = current_user FROM pg_roles WHERE rolname = %s AND (rolsuper OR rolname = current_user)",
        (login.name,),
    )
    found = cursor.fetchone()
    if found is not None:
        what = "the owner of the schema" if found[0] else "a superuser"
        raise LoginsError(f"{login.variable} = {login.name!r} is {what}: choose another name")
