"""Handlers and workflows tried out without a worker host.

one_job.py         one handler on one job
workflow.py        a workflow with its handlers, step by step, for tests
definition_run.py  a definition run once, on an engine of its own or on yours
rerun_on_save.py   the same again whenever a file is saved
flow_run.py        an instance led to its end: followed and answered
run_worker.py      handlers and stubs at work for one run
own_engine.py      an embedded engine for one run, whose time can be moved
"""
