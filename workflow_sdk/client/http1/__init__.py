"""All the HTTP/1.1 that is spoken with engines.

request.py     what is sent: a whole request in one piece
answer.py      what is read: one answer out of bytes that come in any pieces
connection.py  both over one connection on an event loop, one request at a time
pool.py        such connections kept for the next request: the hot path
dialing.py     how one is made: name look-up, TCP, the proxy's tunnel, TLS
blocking.py    the same over blocking sockets, for the synchronous client
route.py       the way to an engine, and the errors on it
keeping.py     how long connections are kept
"""
