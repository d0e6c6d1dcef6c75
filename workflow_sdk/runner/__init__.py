"""Runners: the loops that feed handlers with jobs.

runner.py        Runner: a program's door to polling
kafka_runner.py  KafkaRunner: a program's door to Kafka
shift/           what works for one run of a runner, put together and taken apart on its loop
polling/         the source of jobs that asks the engine
kafka/           the source of jobs that consumes topics
job/             the values a job becomes: claim, job in flight, outcome
handlers/        how handlers are called: threads, and the loop of the async ones
reporting/       how outcomes reach the engine, and what is done when they do not
statistics.py    a runner's counts
summary.py       what a runner says of itself, while it runs and afterwards
daemon_loop.py   an event loop that never keeps the process alive
counting.py      how many of what, in words
"""

from workflow_sdk.runner.runner import Runner
from workflow_sdk.runner.summary import AbandonedJob, RunnerSnapshot, RunSummary

__all__ = ["AbandonedJob", "RunSummary", "Runner", "RunnerSnapshot"]
