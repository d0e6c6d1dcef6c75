"""Searching all that can happen to an instance of a definition, before anything runs.

`search` walks breadth first over the embedded engine's pure machine, each situation once; `findings` looks in what was
found for what nobody wants, `grades` says how certain it is, `traces` tells the shortest run that shows it, `report`
puts it into words and JSON, `replay` does such a run on an engine.
"""
