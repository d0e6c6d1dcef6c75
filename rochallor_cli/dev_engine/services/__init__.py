"""The use cases: each reads records, asks the state machine, and has its effects written.

unit_of_work.py   changes of one turn of the loop share a transaction
offloading.py     what takes long is done in a thread, while others are served
resources.py      what every use case needs
definitions.py    uploading and reading definitions
instances.py      starting, reading, moving and cancelling instances
jobs.py           handing out jobs, and what workers report
timers.py         firing boundary timers
decisions.py      what the state machine makes of an event, at once or offloaded
apply_effects.py  the effects of an event, written

They are plain functions on a `Resources`, called within a transaction (see `unit_of_work`).
"""
