"""The whole pipeline on one machine: broker, database, source, producer and job as child processes."""
