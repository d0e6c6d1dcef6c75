"""Handlers: the functions that do jobs.

registry.py          which function does the jobs of which type
foreign_registry.py  another object that says so, as runners see it
handler.py           such a function, with its own limits
job_hooks.py         what is done around each job, and when one fails
callables.py         what both must be like to be called
"""

from workflow_sdk.handler.registry import HandlerRegistry

__all__ = ["HandlerRegistry"]
