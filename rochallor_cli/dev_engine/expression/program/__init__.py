"""From a checked tree to a program, and from the program to a value.

simplification.py     constants folded, filters joined
compiler.py           tree to program
loop_compiler.py      the functions that evaluate a predicate for each item
emitter.py            the program, written down
machine.py            one instruction after the other
instructions.py       what the machine can do
loop_instructions.py  what it can do inside loops
"""
