"""Speed measured beside the published SDK: `python -m benchmarks` (see README.md).

__main__.py        the command line
cases/             what is measured, a module for each family
bench.py           what a case is given
contenders.py      who is measured
worker_program.py  the worker that every contender runs
profile_worker.py  where the CPU time of one job goes
profiled_times.py  what a profiler has measured, less what that cost
engines.py         the engines a case can run on
null_engine.py     an engine that costs nothing
null_state.py      what it knows
brokers.py         the Kafka a case runs on
apache_kafka.py    an Apache Kafka of the run's own
kafka_jars.py      its jars
workflows.py       the definitions that are started
arrivals.py        instances started at random moments
wire.py            a client as cheap as Python allows
processes.py       child processes that never outlive the run
process_usage.py   their CPU time
cpu_handlers.py    a handler that needs the CPU
leash.py           a command that ends when its standard input closes
results.py         what the cases hand back
report.py          results as tables and as JSON
pages.py           the tables of this page and the first one, written from a run
plot.py            a small SVG writer
"""
