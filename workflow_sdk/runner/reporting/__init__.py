"""Outcomes, reported.

rules.py             what happens to a report that was not taken: one table, pure
doubtful_reports.py  reports of which only the history can tell: the one place that looks
report_log.py        what is said of reports that were not taken
senders.py           the few coroutines that report, each until the engine has acknowledged
engine_watch.py      whether the engine can be reached, said once when it changes
"""
