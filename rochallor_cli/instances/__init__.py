"""Instances as the command line knows them: followed, told as a history, cancelled, and the user tasks open in them.

if_absent.py        started unless one with its business key is live
selection.py        those that fit, by the engine's filters and our own
filter_values.py    filters as people write them
list_watch.py       a list, shown again whenever it changes
polling.py          asked for again and again until it has ended
following.py        followed until its end, and what is said of that
follow_displays.py  who shows it meanwhile: panel, lines, jsonl, nobody
history.py          its history as a timeline and as a tree
open_tasks.py       open user tasks, derived
bulk.py             the same done to many
"""
