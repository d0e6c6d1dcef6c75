"""The HTTP side: paths as the engine routes them, bodies as it reads them, answers as it shapes them.

http_server.py     HTTP/1.1 over asyncio's sockets: connections, how many and how long
request_reader.py  a connection's requests, out of bytes
responses.py       answers as bytes
server.py          requests in, answers out
routes.py          which endpoint a path is for
endpoints.py       one function for each endpoint
record_json.py     records as the engine's answers show them
cors.py            the engine's open CORS
cross_site.py      what web pages may not do when CORS is closed
"""
