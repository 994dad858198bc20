"""The database: migrations for plain PostgreSQL and TimescaleDB, roles, and the way to connect."""
