"""`rochallor handlers`: one file for each command."""
