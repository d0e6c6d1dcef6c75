"""What a host logs.

log_lines.py  lines for people and for collectors, each with its job
log_setup.py  logging of the host and of its children
stacks.py     what a stuck process is doing, on request
"""
