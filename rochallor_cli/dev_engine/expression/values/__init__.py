"""Values while an expression is evaluated, and what can be done with them.

values.py        what they are
numbers.py       literals, 64-bit integers that wrap, doubles
strings.py       quoted strings, texts and bytes
times.py         points in time, durations and zones
time_layouts.py  times as text and back
operators.py     the operators on values
members.py       looking into values
calls.py         calling a value
methods.py       the methods of times, durations, months, weekdays and zones
sorting.py       the order of values
formatting.py    values as text (``%v``)
sizes.py         how much a value amounts to
results.py       value to JSON
"""
