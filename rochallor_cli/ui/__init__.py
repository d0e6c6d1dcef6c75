"""A window on the engine: pages on loopback, served with the user's own rights, drawn from what the commands know.

serving.py            the page for the commands that serve one
server.py             the server in a thread: started, stopped, its first address
connection_limits.py  how many connections are kept, and for how long one may say nothing
security.py           who may ask: token, cookie, Host and Origin; and what a browser may do with an answer
routes.py             requests to pages, events, actions and files
events.py             server-sent events: what has changed, for each window
poller.py             one poller for all windows, within the limits that the commands keep
page_engine.py        the engine as pages reach it, and the commands they show
rendering.py          values to HTML: everything escaped, masked and harmless
pages/                what can be looked at
actions.py            what can be done from a page
browser_opening.py    the first address, handed to a browser
"""
