"""Workers of this process.

local_workers.py      a thread for each worker, in which its runner blocks
local_supervision.py  what is done around each run of a handler
process_state.py      what a job has changed of the process is put back
process_settings.py   of it: settings, and imported modules
runners.py            from a worker's configuration to the SDK's client and runner
runner_status.py      from what the SDK's runners say of themselves to the host's own values
"""
