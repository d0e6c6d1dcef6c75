"""What can be looked at: each page reads what it shows, in a thread, and hands its templates plain values.

page.py         what a page is
addresses.py    from an address to its page
overview.py     counts by status, and an audit when it is asked for
instances.py    the instances that fit
instance.py     one instance: graph, steps, timeline, variables, chain, and why it stands still
timeline.py     its step executions as bars
chain.py        what started it, and what it started
definitions.py  the definitions
definition.py   one definition: versions, graph, tables, what lint finds
difference.py   two versions of one
"""
