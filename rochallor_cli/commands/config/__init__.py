"""`rochallor config`: one file for each command."""
