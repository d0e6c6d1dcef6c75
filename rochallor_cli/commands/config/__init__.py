"""`rochallor config`: one file for each command.

set.py   change a context
show.py  each setting, and where it comes from
use.py   choose a context
"""
