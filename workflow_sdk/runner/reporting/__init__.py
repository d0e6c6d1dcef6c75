"""Outcomes, reported.

rules.py         what happens to a report that was not taken: one table, pure
senders.py       the few coroutines that report, each until the engine has acknowledged
engine_watch.py  whether the engine can be reached, said once when it changes
"""
