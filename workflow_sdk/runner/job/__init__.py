"""A job, as a runner has it.

claim.py          Claim: the job and its lease
in_flight.py      InFlight: the job between its claim and its settlement
slots.py          room for jobs, in all and for each job type with a limit of its own
outcome.py        what a handler produced, and what the engine will be told of it
report.py         Report: one outcome on its way to the engine
kept_outcomes.py  results that could not be reported, in case the same job is handed out here again
"""
