"""Runners: the loops that feed handlers with jobs."""

from workflow_sdk.runner.runner import Runner
from workflow_sdk.runner.summary import AbandonedJob, RunnerSnapshot, RunSummary

__all__ = ["AbandonedJob", "RunSummary", "Runner", "RunnerSnapshot"]
