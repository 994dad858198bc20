"""The producer: one exchange's public trades into Kafka, complete, in order and exactly once.

Dependencies point one way: main -> engine -> feed, partition_writer, healing -> sequence, paging, exchanges -> model.
"""
