"""`rochallor instances`: one file for each command.

start.py    begins one, and may wait for its end
get.py      one instance
list.py     the newest that fit
count.py    how many fit
history.py  the steps one went through
explain.py  why one stands where it stands
audit.py    what live ones wait for, and which stand still
watch.py    follows one
wait.py     until they have ended
signal.py   lets a WAIT step go on
retry.py    lets failed ones go on at the step that failed
restart.py  begins ended ones again from the start
cancel.py   ends them
"""
