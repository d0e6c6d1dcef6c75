"""JSON as the engine's language reads and writes it, down to the words of its errors."""
