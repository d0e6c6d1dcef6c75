"""`rochallor instances`: one file for each command."""
