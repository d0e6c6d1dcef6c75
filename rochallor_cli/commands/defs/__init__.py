"""`rochallor defs`: one file for each command."""
