"""``serve.py broker`` or ``serve.py database``: one server of the end-to-end tests, its files under /data.

The broker is told by ADVERTISED_HOST how others reach it: on port 9092 by anybody, who may do anything, and on port
9094 over TLS by who logs in (users.py), who may do what rules allow. The database takes its owner's password and that
of the job's login from OWNER_PASSWORD and JOB_PASSWORD. Both run until SIGTERM, and end with 1 when their server ends
by itself.
"""

import os
import signal
import sys
import threading
from pathlib import Path

import psycopg2
from psycopg2 import sql

from cryptostream_local.broker import Broker
from cryptostream_local.database import OWNER, Database

DATA = Path("/data")
# Not beside the files, which may outlive the pod.
READY = Path("/tmp/ready")
SERVICES = Path("/opt/services")
BROKER_PORT = 9092
CONTROLLER = "127.0.0.1:9093"
CLIENTS_PORT = 9094
KEY_STORE = "/tls/server.pem"
DATABASE_PORT = 5432
DATABASE = "cryptostream"
JOB_LOGIN = "cryptostream_job"
_LOOK_EVERY = 0.5


def broker() -> Broker:
    """The broker, not yet started."""
    # The image is read-only, and the jars' folder is locked while it is looked at.
    cache = Path(os.environ["CRYPTOSTREAM_CACHE"])
    (cache / "jars").mkdir(parents=True, exist_ok=True)
    jars = cache / "jars" / "broker"
    if not jars.exists():
        jars.symlink_to(SERVICES / "jars")
    host = os.environ["ADVERTISED_HOST"]
    settings = {
        "listeners": f"PLAINTEXT://0.0.0.0:{BROKER_PORT},CLIENTS://0.0.0.0:{CLIENTS_PORT},CONTROLLER://{CONTROLLER}",
        "advertised.listeners": f"PLAINTEXT://{host}:{BROKER_PORT},CLIENTS://{host}:{CLIENTS_PORT}",
        "controller.quorum.voters": f"1@{CONTROLLER}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,CLIENTS:SASL_SSL",
        "inter.broker.listener.name": "PLAINTEXT",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.clients.scram-sha-512.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
        "listener.name.clients.ssl.keystore.type": "PEM",
        "listener.name.clients.ssl.keystore.location": KEY_STORE,
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
    }
    return Broker(DATA / "broker", settings, heap="384m", port=BROKER_PORT)


def database() -> Database:
    """The database server, not yet started."""
    settings = {"listen_addresses": "*", "hba_file": str(SERVICES / "pg_hba.conf")}
    return Database(DATA / "database", port=DATABASE_PORT, settings=settings)


def prepare(url: str) -> None:
    """The product's database, the owner's password, and the job's login. Run again it changes nothing: others, too, may
    set a login's password.
    """
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_database WHERE datname = %s", (DATABASE,))
        if cursor.fetchone() is None:
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        passwords = {OWNER: os.environ["OWNER_PASSWORD"]}
        for login in ("cryptostream_writer", JOB_LOGIN):
            cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", (login,))
            if cursor.fetchone() is None:
                cursor.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(login)))
                passwords |= {JOB_LOGIN: os.environ["JOB_PASSWORD"]} if login == JOB_LOGIN else {}
        for login, password in passwords.items():
            cursor.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD %s").format(sql.Identifier(login)), (password,))
        cursor.execute(sql.SQL("GRANT cryptostream_writer TO {}").format(sql.Identifier(JOB_LOGIN)))
    connection.close()


def main(part: str) -> int:
    """Serve until told to stop."""
    READY.unlink(missing_ok=True)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    server = broker() if part == "broker" else database()
    server.start()
    if isinstance(server, Database):
        prepare(server.url())
    print(f"{part} serves", flush=True)
    # Ready for others only now: the probe looks for this file.
    READY.touch()
    while not stopped.wait(_LOOK_EVERY):
        if not server.running():
            print(server.tail(), file=sys.stderr)
            return 1
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
