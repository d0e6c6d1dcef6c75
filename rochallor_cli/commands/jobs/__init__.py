"""`rochallor jobs`: one file for each command."""
