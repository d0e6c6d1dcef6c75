"""What a workflow does: pure functions from (definition, instance, event) to (instance, effects).

Nothing here reads a clock, a database or a source of randomness: `EventInputs` brings the time and
the choice among what has no order. `transitions` holds the events, `advance` how an instance goes on from
step to step, `steps` what each type of step does when it is entered, `branches` the choice of a branch,
`decision_tables` what a table makes of the variables, `effects` what is to be written afterwards. `world` is an
instance with all that belongs to it as one value, `events` what can happen to a world: the machine without a
database, for tests and searches.
"""
