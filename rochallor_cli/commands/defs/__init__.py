"""`rochallor defs`: one file for each command.

new.py       a first one, with handlers and a test
explain.py   the format, part by part
upload.py    store definitions
lint.py      check offline
verify.py    search all that can happen to an instance, before anything runs
diff.py      a file against the engine's version
list.py      the latest version of each
versions.py  one definition's versions, and what each changed
get.py       print one
graph.py     draw one
table.py     one decision table, evaluated as the engine does it
schema.py    the format for editors
"""
