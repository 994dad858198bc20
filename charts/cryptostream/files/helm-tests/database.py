"""Whether the database can be reached as the jobs do, and holds the schema."""

import os
import sys

import psycopg2

TABLES = ("crypto_panes", "crypto_windows", "crypto_alerts", "feed_gaps", "crypto_batches")

try:
    connection = psycopg2.connect(os.environ["CRYPTOSTREAM_DATABASE_URL"], connect_timeout=10)
except psycopg2.OperationalError as error:
    sys.exit(f"the database cannot be reached: {error}")
with connection, connection.cursor() as cursor:
    for table in TABLES:
        cursor.execute("SELECT to_regclass(%s)", (table,))
        if cursor.fetchone() == (None,):
            sys.exit(f"the table {table} is missing: see the migration Job's log")
        cursor.execute(f"SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT 1) AS rows")
print("the schema is there")
