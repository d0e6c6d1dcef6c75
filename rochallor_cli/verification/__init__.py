"""Searching all that can happen to an instance of a definition, before anything runs.

search.py              breadth first over the embedded engine's pure machine, each situation once
consistency.py         whether the branches of one event go together
definition_graph.py    what of the graph a search looks up again and again
findings.py            what nobody wants, looked for in all that was found
state_abstraction.py   what a search leaves out where it would grow for ever
certainty.py           how certain a finding is
traces.py              the shortest run that shows it
unknown_steps.py       what no version known here has, made into something that can be searched
verifying.py           a document checked, searched and graded
join_rewrites.py       a rewrite for joins that count wrongly
version_comparison.py  a search over pairs of worlds: where two versions part
upgrading.py           what becomes of a definition in another version
upgrade_report.py      that for people and as CSV
report.py              all that in words and as JSON
replay.py              such a run, played on an engine
"""
