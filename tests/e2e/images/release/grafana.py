"""Does what Grafana does with its provisioning: /query reads with the data source's login, /dashboards lists titles."""

import json
import os
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg2

PROVISIONING = Path("/etc/grafana/provisioning")


def provisioned(what: str, key: str) -> str:
    """The first value of a key in a provisioning file, variables filled in."""
    text = (PROVISIONING / what / "cryptostream.yaml").read_text()
    return os.path.expandvars(re.search(rf'^ *-? *{key}: "?([^"\n]*)"?$', text, re.MULTILINE)[1])


def panes() -> int:
    """How many panes the data source's login sees."""
    host, _, port = provisioned("datasources", "url").rpartition(":")
    login = {name: provisioned("datasources", name) for name in ("user", "password", "sslmode")}
    connection = psycopg2.connect(
        host=host, port=port, dbname=provisioned("datasources", "database"), connect_timeout=5, **login
    )
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM crypto_panes")
        return cursor.fetchone()[0]


def dashboards() -> list[str]:
    """Titles of the dashboards that a provider finds."""
    folder = Path(provisioned("dashboards", "path"))
    return sorted(json.loads(file.read_text())["title"] for file in folder.glob("*.json"))


PAGES = {"/api/health": lambda: "ok", "/query": panes, "/dashboards": dashboards}


class Pages(BaseHTTPRequestHandler):
    """The pages as JSON; 503 with the reason for one that fails."""

    def do_GET(self) -> None:
        try:
            status, answer = 200, PAGES[self.path]()
        except (OSError, KeyError, psycopg2.Error) as error:
            status, answer = 503, str(error)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())


Path("/var/lib/grafana/written").touch()
ThreadingHTTPServer(("", 3000), Pages).serve_forever()
