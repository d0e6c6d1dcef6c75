"""The embedded engine: the behaviour of the real one on the wire, on one SQLite file or in memory."""
