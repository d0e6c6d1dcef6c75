"""HTTP/1.1 for the hot path, from parts of our own: a connection, a pool of them, and how one is made.

`connection` is all the HTTP that is spoken, `dialing` gets through proxies and TLS to the engine,
`pool` keeps connections for the next request. asyncio has the sockets and TLS, httptools the parsing.
"""
