"""Jobs by polling.

poll_source.py  asks for as many jobs as there are free slots
pacing.py       when to ask: pure, time is passed in
batch_size.py   how many jobs to ask for, by how long answers take
"""
