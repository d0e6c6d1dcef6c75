"""What a host logs.

log_lines.py         lines for people and for collectors, each with its job
safe_values.py       values from outside, made fit for a line
log_setup.py         logging of the host and of its children
loggers_in_use.py    handlers' loggers, which no dictConfig switches off
own_loggers.py       loggers that handlers' modules cannot touch
printed_output.py    stdout and stderr that never fail who prints
patient_writes.py    writes that wait for a reader, but not for ever
restored_streams.py  the same streams, kept to be put back
stderr_pipe.py       descriptor 2, where every line is to be JSON
stacks.py            what a stuck process is doing, on request
"""
