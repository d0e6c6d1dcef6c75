"""What a host is to do: every setting declared once, and resolved into one HostConfig.

host_config.py     the frozen values with their settings: Kafka, workers, life, health, logs
sections.py        workers.yaml's sections, each a table of settings
given.py           what command line and environment say
workers_file.py    workers.yaml, read and checked
workers_reader.py  its values, checked one by one
substitution.py    ${VAR} in them
workers_schema.py  its JSON Schema for editors
file_settings.py   the file's engine among the settings that every command has
resolution.py      flag, environment, file, default: one value each, with its origin
"""
