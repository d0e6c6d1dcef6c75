"""The worker's own code in a simulated world: one seed, one course of events, every fault at any moment.

loop.py       an event loop whose time jumps to the next event, and processes that can be killed and halted in it
engine.py     the embedded engine below its HTTP, with its leases in simulated time
network.py    what lies between: lost requests and answers, late ones, gateways that answer in the engine's place
worker.py     a worker process: the runner as it is, with simulated handlers
promises.py   what must hold whatever happens, each named after the sentence in docs/workers.md that promises it
world.py      all of it together; `run(seed)` is one course of events
__main__.py   many seeds in parallel: `make simulate SEEDS=1000`
"""
