"""What a workflow does: pure functions from (definition, instance, event) to (instance, effects).

transitions.py       one function an event: what it makes of an instance
advance.py           how an instance goes on from step to step within one event
steps.py             what each type of step does when it is entered
conditions.py        what conditions and transformations come to
decision_tables.py   what a table makes of the variables
loop_rounds.py       loops that one event goes through, for searches
choices.py           choosing among what has no order
event_inputs.py      what an event meets with: the time, choices, how faults are treated
effects.py           what is to be written afterwards

world.py             an instance with all that belongs to it as one value: the machine without a database
events.py            makes something happen to a world
possible_events.py   what can happen to a world next
all_outcomes.py      all choices of an event, one after the other
free_conditions.py   branches as choices, whatever the variables are
known_conditions.py  the same where some variables are known
deciding_values.py   values with which a step takes a branch
equivalence.py       which worlds behave alike

Nothing here reads a clock, a database or a source of randomness.
"""
