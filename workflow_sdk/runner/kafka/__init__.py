"""Jobs from Kafka.

intake.py             brings the records of all topics to the slots, and the results back to their offsets
source.py             one consumer and the thread that owns it
rebalances.py         what the group gives and takes: partitions assigned, revoked, lost
membership.py         whether a consumer may still take itself for a member of its group
broker_probe.py       what a consumer asks now and then: are brokers there, how far behind are we
surplus_workers.py    a worker that its groups have left no partition
config.py             the consumer's configuration, a user's own keys, and the keys that hold the promise
assignment.py         one partition while it is assigned here, and a record that came from it
flow_control.py       how many records a consumer may take, and which of its partitions must wait
dispatch_event.py     a record's bytes as a value
deduplication.py      which dispatches are done already
backlog.py            the records that wait for their turn
offsets.py            how far a partition is done: the promise of Kafka mode as arithmetic
commits.py            commits that follow the results, one under way at a time
dead_letters.py       where records go that no worker can bring to an end
health.py             what is wrong with a consumer, said once
broker_trouble.py     librdkafka's errors as something a person can act on
engine_probe.py       whether the engine is there, asked now and then while jobs are few
takeover.py           records that lay in a partition when it came, and what its earlier owner may have done with them
partition_reading.py  a partition read by hand to its end
job_search.py         the open jobs of an instance, looked up in their topic
metrics.py            what Kafka mode counts
"""
