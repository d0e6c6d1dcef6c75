"""`rochallor tasks`: one file for each command.

list.py      the open ones
complete.py  one of them, completed
"""
