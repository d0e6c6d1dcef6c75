"""Runners: the loops that feed handlers with jobs.

Runner, KafkaRunner   the doors; a PlannedRunner runs a ShiftPlan
WorkerRun             one run: the thread of its loop, signals, stop and abandon from anywhere
Shift                 what works for one run, put together and taken apart on the loop:
    PollSource        asks for as many jobs as there are free Slots, when Pacing says so
    Execution         a Claim becomes InFlight: handler, Outcome, Report, settled
    HandlerThreads    plain handlers;  HandlerCoroutines: async ones, on the process's HandlerLoop
    Senders           report until acknowledged; EngineWatch knows whether the engine is away
    Attendant         four times a second: LeaseKeeper, stuck handlers, gauges
kafka_*               the other source: KafkaIntake over one KafkaSource a topic
"""

from workflow_sdk.runner.runner import Runner
from workflow_sdk.runner.summary import AbandonedJob, RunnerSnapshot, RunSummary

__all__ = ["AbandonedJob", "RunSummary", "Runner", "RunnerSnapshot"]
