"""What a command line is run with.

certificates.py    when certificates end
environment.py     the outside world as one object: streams, variables, clock
unread_output.py   stdout that nobody reads any longer
config_file.py     the user's configuration file, with its contexts
engine_access.py   how to reach an engine, as one value
setting.py         one thing that can be set, declared at the field that holds its value
setting_values.py  what was given for it, checked by its kind and limits
key_values.py      `key=value`, as options and variables hold it
masking.py         what stands in the place of a secret
settings.py        what every command can be told, as one value
layers.py          all sources resolved to that value, which remembers where each setting came from
user_cache.py      small things remembered between commands, out of the reach of others
invocation.py      one run of the command line, as its layers hand it on
"""
