"""Hosting workers in a process that lives for weeks.

launch.py            from the options of `rochallor work` to a running host and back to an exit status
host.py              signals in, one drain for all workers, one health endpoint, one exit status
host_signals.py      the signals a host obeys: to stop, to be quiet, to show stacks
stray_signals.py     the others that would end it
original_library.py  the standard library, where no patch of a handler arrives
config/              every setting declared once; flags, environment and workers.yaml resolved to one value
checks/              what is looked at before anything runs
workers/             workers of this process
processes/           workers in child processes, and who keeps them alive
health/              probes, metrics, systemd
logs/                log lines, and what a stuck process is doing
console.py           what is said at the start and the end
idleness.py          when a host that was started until idle leaves
forced_exit.py       gone, whatever threads the handlers have left behind
self_pipe.py         sleeping until somebody calls
close_guard.py       what code that closes all descriptors leaves open
high_descriptors.py  descriptors that handlers' modules do not close by accident

A child process dies: processes/child_process.py. A setting is added: config/host_config.py, and where it is used.
"""
