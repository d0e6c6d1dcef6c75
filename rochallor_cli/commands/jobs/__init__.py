"""`rochallor jobs`: one file for each command.

find.py      the ids of an instance's open jobs, looked up in Kafka
complete.py  a job's result by hand
fail.py      a job's failure by hand
"""
