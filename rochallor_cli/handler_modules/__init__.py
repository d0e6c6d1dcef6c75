"""The users' own code: finding and importing it, and showing its errors without our frames.

loading.py              handlers.py, pkg.module, pkg.module:registry and dir/ become one HandlerRegistry
green_threads.py        patches of gevent and eventlet, refused
sequential_handlers.py  handlers run one after the other, in a thread with one event loop
user_traceback.py       an exception of theirs as lines, with their frames only
"""
