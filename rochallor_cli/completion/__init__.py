"""Shell completion without Typer: a generated table for words, and the engine for ids.

answer.py  what can stand at the end of a command line
ids.py     ids from the engine, remembered for a few seconds
shells.py  the scripts that teach a shell to ask
table.py   the words of every command line, generated
"""
