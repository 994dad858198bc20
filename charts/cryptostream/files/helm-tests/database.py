"""Whether the database can be reached as the jobs do, and holds the schema that they work with."""

# ruff: noqa: T201 - what it prints is the log of helm test

import os
import sys

import psycopg2

from cryptostream_sql.schema import SchemaError, check_schema

try:
    connection = psycopg2.connect(os.environ["CRYPTOSTREAM_DATABASE_URL"], connect_timeout=10)
except psycopg2.OperationalError as error:
    sys.exit(f"the database cannot be reached: {error}")
try:
    check_schema(connection)
except SchemaError as error:
    sys.exit(str(error))
finally:
    connection.close()
print("the database has the schema that jobs work with")
