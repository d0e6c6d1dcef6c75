"""Dispatch over Kafka: the record, the relay that publishes the outbox, the embedded broker."""
