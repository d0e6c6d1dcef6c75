"""A definition drawn as a graph: text, mermaid, dot and SVG, with an instance's state painted on it."""
