"""One run of a runner.

plan.py             ShiftPlan: how a runner is to work; JobSource: what polling and Kafka each bring to it
planned_runner.py   PlannedRunner: running, stopping and looking at a shift, the same for both runners
worker_run.py       WorkerRun: the thread of the loop; stop and abandon, from other threads and from signal handlers
shift.py            Shift: source, execution and senders, put together and taken apart
execution.py        what happens to one job, from handler to acknowledged report
lease_keeper.py     extends the leases of jobs in flight, or warns where that cannot be done
tick.py             four times a second: leases, stuck handlers, gauges
stop_signals.py     the first SIGTERM or SIGINT begins to drain, the second leaves the jobs
drain_log.py        what is said of the drain
"""
