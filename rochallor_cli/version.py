"""The version, as a plain constant: reading it from the installed metadata costs more than Python's own start."""

VERSION = "0.1.0"
