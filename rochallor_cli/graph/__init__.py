"""A definition drawn as a graph: text, mermaid, dot and SVG, with an instance's state painted on it.

model.py           nodes, edges, and an instance's state in each
layout.py          sizes in, places out
lanes.py           lanes beside lines of text, as version control draws branches
texts.py           text for the terminal, mermaid, dot
svg.py             a picture that needs nothing installed
svg_table.py       a decision table in it
terminal_table.py  a decision table in the text on a terminal
"""
