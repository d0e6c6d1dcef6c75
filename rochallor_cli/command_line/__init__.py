"""How a command is declared, and what it gets.

global_options.py     the options that every command takes, and how commands and groups are registered
exclusive_options.py  options that do not go together
setting_options.py    settings as options of a command
stopping.py           Ctrl-C and SIGTERM, for commands that serve until then
interruptions.py      the same, for all others
context.py            what a command gets: settings, printer, the engine, the questions it may ask
"""
