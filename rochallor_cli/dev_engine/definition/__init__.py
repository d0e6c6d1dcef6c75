"""Definitions: their model, how they are read, and the rules they are held to."""
