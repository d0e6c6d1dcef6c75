"""Workers in processes of their own, and who keeps them alive.

supervisor.py      starts them, looks after them, lets them leave together
kept_process.py    a worker's place: whoever fills it at the moment, replaced when it dies
restart_policy.py  when a dead child is started again, and when to give up
child_process.py   one child as the supervisor sees it
child_main.py      one child as it sees itself: what `python -m` starts
control_pipe.py    what the two say to each other
file_watcher.py    which files have changed, for --reload
"""
