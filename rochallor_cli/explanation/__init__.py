"""Why an instance stands where it stands: facts by GET, rebuilt into the dev engine's pure machine, told in words.

facts.py               what the engine says: instance, history, definition
parsed_definitions.py  a definition as engines of each version read it
world_from_facts.py    facts to a world of the machine: jobs, tasks and timers that there must be
reachability.py        what can become of a world
movers.py              what would move it, place by place
causes.py              why nothing moves it, with codes
explaining.py          the explanation: verdict, what would move it, what lies ahead
verdict_text.py        a verdict in a few words
serving_workers.py     who serves a job type, as far as it is known
audit.py               many explanations, grouped by cause
audit_text.py          an audit in words
suggested_commands.py  commands that do something about it
part_texts.py          its parts in words
terminal_text.py       an explanation as text for a terminal
"""
