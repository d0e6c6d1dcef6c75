"""Workers in processes of their own, and who keeps them alive.

supervisor.py         starts all processes, watches files, drains them together
child_process.py      one process of a worker: started again when it dies, replaced when asked to
restart_policy.py     when a dead child is started again, and when to give up
child_handle.py       one child as the supervisor sees it: the process, its pipe, what it last said
child_main.py         one child as it sees itself: what `python -m` starts
control_pipe.py       what the two say to each other: a type for each message
running_jobs.py       which jobs run in a child, in memory that outlives it
crash_stacks.py       Python's stacks at the moment of a crash
suspects.py           jobs that ran when a process died, counted
isolated_jobs.py      those jobs run alone, in processes of their own
isolated_main.py      such a process as it sees itself
child_supervision.py  a child's side of all that, for the SDK
orphans.py            programs left behind, which process 1 of a container inherits
message_text.py       messages as lines of JSON
file_watcher.py       which files have changed, for --reload
"""
