"""JSON as the engine's language reads and writes it, down to the words of its errors.

reading.py   a body's first JSON value, with numbers that a double can hold
scanner.py   why a text is no JSON, in the engine's words
decoding.py  values against the fields of a request, with the engine's errors
writing.py   JSON and times as the engine writes them
"""
