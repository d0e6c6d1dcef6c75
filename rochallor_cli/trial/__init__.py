"""Handlers tried out without a worker: on one job, or step by step through a workflow.

one_job.py   one handler on one job
workflow.py  a workflow with its handlers, step by step
"""
