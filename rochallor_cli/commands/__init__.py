"""The commands: one module per group, its path is the command.

api.py         a request of your own
completion.py  the script for a shell
config.py      settings, their origins, and contexts
defs.py        definitions: upload, read, check, compare
demo.py        watch a workflow run
dev.py         the embedded engine
doctor.py      is everything in order here, and is the engine there?
handlers.py    try handlers without an engine
instances.py   instances: start, follow, inspect, cancel
tasks.py       user tasks
work.py        host handlers
inputs.py      what several commands read from their command lines
"""
