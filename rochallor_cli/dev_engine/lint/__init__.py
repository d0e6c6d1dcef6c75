"""Lint: what an engine accepts at an upload and will be regretted, one function for each kind of problem.

checking.py        a document checked without an engine: all rules, then all warnings
flow.py            steps and the ways between them
branches.py        conditions of one step: their order, and which are never taken
gaps.py            values for which no branch and no rule holds
gateways.py        parallel branches that a join counts otherwise than one thinks
expressions.py     what the author of an expression trips over
tables.py          decision tables
schemas.py         schemas that contradict conditions
variable_types.py  what is known of the types of variables where a step is entered
timers.py          timers
cycles.py          the circles of a graph
"""
