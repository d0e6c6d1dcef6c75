"""HTTP/1.1 for the hot path, from parts of our own: a connection, a pool of them, and how one is made.

connection.py  requests and answers over one connection: all the HTTP that is spoken
answer.py      one answer, out of bytes that come in any pieces
dialing.py     through name look-up, proxy and TLS to the engine
pool.py        connections kept for the next request
room.py        how many requests may be under way

asyncio has the sockets and TLS, httptools the parsing.
"""
