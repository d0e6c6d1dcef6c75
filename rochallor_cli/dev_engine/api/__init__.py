"""The HTTP side: paths as the engine routes them, bodies as it reads them, answers as it shapes them.

server.py             the HTTP server: aiohttp's requests in, answers out
connection_limits.py  how many are kept, and how long one may take
routes.py             which endpoint a path is for
endpoints.py          one function for each endpoint
responses.py          an endpoint's answer as a response of the server
record_json.py        records as the engine's answers show them
cors.py               the engine's open CORS
cross_site.py         what web pages may not do when CORS is closed
"""
