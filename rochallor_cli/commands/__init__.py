"""The commands: the path of a command is the path of its file (`defs upload`: defs/upload.py).

api.py                 a request of your own
completion.py          the script for a shell
config/                settings, their origins, and contexts
defs/                  definitions: upload, read, check, compare
demo.py                watch a workflow run
dev.py                 the embedded engine
doctor.py              is everything in order here, and is the engine there?
expr.py                one expression, evaluated without an engine
handlers/              try handlers without an engine
jobs/                  jobs that got lost in Kafka, and outcomes by hand
instances/             instances: start, follow, inspect, cancel
options.py             what every command takes
run.py                 try a definition with one command
tasks/                 user tasks
ui.py                  a page that shows the engine
work.py                host handlers
definition_sources.py  definitions to check: files, folders, ids
inputs.py              options and arguments that several commands have, and how they are read
filters.py             the options that choose instances
chosen_instances.py    choosing instances, asking, acting on each and saying what came of it
replaying.py           runs that a search has found, played on an engine of ours
serving_options.py     who serves a job type: Kafka's groups, a configuration's handlers
doctor_checks.py       what `doctor` says of instances, job types, certificates and clocks
followed_instance.py   what `instances start` and `instances watch` do until the end
"""
