"""Dispatch over Kafka: the record, the relay that publishes the outbox, the embedded broker.

dispatch.py         one engine's dispatch: broker, topics, relay
relay.py            publishes the jobs in the outbox, and forgets those a broker has taken
publisher.py        sends records, and says which were taken
dispatch_record.py  one job as a record, byte for byte
embedded_broker.py  the broker that needs nothing installed, as its parent sees it
broker_process.py   the same as its own process sees it
mock_cluster.py     librdkafka's mock cluster, through its C interface
capacity.py         whether it still holds the records of all open jobs
"""
