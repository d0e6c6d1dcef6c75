"""Outcomes, reported.

report.py        Report: one outcome on its way to the engine, and the rules for what to do when that fails
senders.py       the few coroutines that report, each until the engine has acknowledged
engine_watch.py  whether the engine can be reached, said once when it changes
"""
