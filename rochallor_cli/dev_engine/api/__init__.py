"""The HTTP side: paths as the engine routes them, bodies as it reads them, answers as it shapes them."""
