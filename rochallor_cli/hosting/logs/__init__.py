"""What a host logs.

log_lines.py  lines for people and for collectors, each with its job
harmless.py     values from outside, made fit for a line
log_setup.py  logging of the host and of its children
own_loggers.py  loggers that handlers' modules cannot touch
streams.py      stdout and stderr that never fail who prints
standard_streams.py  the same streams, put back after a job that has closed them
stderr_pipe.py  descriptor 2, where every line is to be JSON
stacks.py     what a stuck process is doing, on request
"""
