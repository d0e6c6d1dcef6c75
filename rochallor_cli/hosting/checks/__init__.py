"""What is looked at before a host runs, and without running a job.

check_host.py     `work --check`: handlers, engine, brokers and definitions together
broker_checks.py  brokers and topics, for --check and the doctor
print_config.py   `work --print-config`: every setting with its origin
"""
