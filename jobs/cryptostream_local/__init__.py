"""The pipeline's real parts on one machine without containers: Java, jars, Kafka broker, PostgreSQL.

Used by the tests and by runs on a laptop; never by the images.
"""
