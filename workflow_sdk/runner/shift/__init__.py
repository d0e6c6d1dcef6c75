"""One run of a runner.

plan.py             ShiftPlan: how a runner is to work; JobSource: what polling and Kafka each bring to it
worker_run.py       WorkerRun: what both runners are; run, stop, abandon and snapshot, from any thread
assembly.py         the parts of one run, made and tied together
shift.py            Shift: their life, from start-up to leaving
execution.py        what happens to one job, from handler to acknowledged report
retry_delay.py      how long a failure is held back
lease_keeper.py     extends the leases of jobs in flight, or warns where that cannot be done
tick.py             four times a second: leases, stuck handlers, gauges
stop_signals.py     the first SIGTERM or SIGINT begins to drain, the second leaves the jobs
drain_log.py        what is said of the drain
"""
