"""Definitions as the command line knows them: checked, compared, uploaded.

files.py               which files of a folder hold some
field_names.py         fields in the engine's spelling
uploads.py             put in order, compared, sent
linting.py             checked offline, one file or several together
finding.py             one problem with its place in a file
across_definitions.py  what only several definitions show
comments.py            conditions that are comments
lint_formats.py        findings in the forms that CI systems read
problem_codes.py       the table of codes, the dev engine's included
verification_codes.py  the codes of what verification finds
structure.py           what was expected where in a document, and what was found
unknown_parts.py       what a definition holds that no version known here has
differences.py         two definitions, step by step
values.py              values compared and shown, no type taken for another
versions.py            the versions of one, and what each changed
decision_tables.py     tables as rows and columns, and compared rule by rule
table_csv.py           tables for spreadsheets
written_yaml.py        YAML that a person goes on with
format_page.py         the page on the format, by its parts
new_files.py           a first definition with handlers and a test
edges.py               where a step can lead to
job_types.py           which job types the uploaded definitions use
"""
