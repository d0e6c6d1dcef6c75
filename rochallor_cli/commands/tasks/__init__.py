"""`rochallor tasks`: one file for each command."""
