"""The worker's own code in a simulated world: one seed, one course of events, every fault at any moment.

loop.py             an event loop whose time jumps to the next event, and processes that can be killed and halted in it
threads.py          threads in the same time, for the Kafka consumer's code
engine.py           the embedded engine below its HTTP, with its leases and its relay in simulated time
network.py          what lies between: lost requests and answers, late ones, gateways that answer in the engine's place
broker.py           logs and consumer groups; consumer.py is librdkafka's consumer of them, a group_member.py
worker_process.py   a worker process: the runner as it is, with simulated handlers; metrics.py counts nothing for it
workshops.py        where its handlers run
worker.py           one such process after the other
promises.py         what must hold whatever happens, each named after the sentence in the documentation that promises it
aftermath.py        the same of what is done once there is an outcome
limits.py           the same of how many jobs run and are asked for
tries.py            the same of how soon a report is sent again, and how often somebody looks
refusals.py         results that the engine does not take, and what must come of them
kafka_promises.py   what must hold in Kafka mode
watching.py         what happens within a worker, told to the promises
memory.py           how much a runner keeps, and counts
kinds.py            what befalls a world of each kind, and what is particular about its workers
little_room.py      buffers of a few records
world.py            all of it together; `run(seed)` is one course of events
timeline.py         the smallest world that breaks a promise, for a person to read
planted_faults.py   faults planted into the worker, and seeds that find them; planted_refusal_faults.py has those of
                    refused results, planted_kafka_faults.py Kafka mode's
__main__.py         many seeds in parallel: `make simulate SEEDS=1000`

docs/simulation.md explains it.
"""
