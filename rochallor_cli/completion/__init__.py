"""Shell completion without Typer: a generated table for words, and the engine for ids."""
