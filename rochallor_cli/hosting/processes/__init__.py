"""Workers in processes of their own, and who keeps them alive.

supervisor.py      starts all processes, watches files, drains them together
kept_process.py    one process of a worker: started again when it dies, replaced when asked to
restart_policy.py  when a dead child is started again, and when to give up
child_process.py   one child as the supervisor sees it: the process, its pipe, what it last said
child_main.py      one child as it sees itself: what `python -m` starts
control_pipe.py    what the two say to each other: a type for each message
message_text.py    messages as lines of JSON
file_watcher.py    which files have changed, for --reload
"""
