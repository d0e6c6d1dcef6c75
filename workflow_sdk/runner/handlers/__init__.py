"""Handlers, called.

handler_call.py        in a thread or as a coroutine, so that nothing comes through but an outcome
handler_threads.py     the daemon threads that plain handlers run in
handler_loop.py        the loop, on a thread of its own, where async handlers run
handler_coroutines.py  one runner's part in that loop
hooks.py               start-up and shutdown, once for the process
failure_log.py         what is said of a job that failed
supervision.py         what a process that others watch does besides
tracing.py             a span around each handler
"""
