"""Handlers tried out without a worker: on one job, or step by step through a workflow."""
