"""What a command line is run with.

environment.py   the outside world as one object: streams, variables, clock
config_file.py   the user's configuration file, with its contexts
engine_access.py how to reach an engine, as one value
masking.py       what stands in the place of a secret
settings.py      all sources resolved to one value that remembers where each setting came from
invocation.py    one run of the command line, as its layers hand it on
"""
