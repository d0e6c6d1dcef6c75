"""Definitions as the command line knows them: checked, compared, uploaded."""
