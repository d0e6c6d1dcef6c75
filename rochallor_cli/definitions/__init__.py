"""Definitions as the command line knows them: checked, compared, uploaded.

uploads.py        read whole, put in order, sent
linting.py        checked offline, one file or several together
lint_formats.py   findings in the forms that CI systems read
problem_codes.py  the table of codes, the dev engine's included
shape.py          what was expected where in a document, and what was found
differences.py    two definitions, step by step
edges.py          where a step can lead to
job_types.py      which job types the uploaded definitions use
"""
