"""Everything that reaches stdout goes through here.

printer.py      the only way to stdout: values in the format asked for; notes and errors go to stderr
views.py        how definitions, instances, step executions and user tasks are shown
columns.py      what a table shows of a value
table_cell.py   one cell, however it is drawn
table.py        tables: as wide as they are on a pipe, fitted to a terminal
rich_table.py   tables drawn by rich
rich_page.py    pages in Markdown, drawn by rich
json_form.py    JSON of any depth
csv_text.py     values as CSV
step_states.py  what is said of a step that is open
styles.py       colours
text_width.py   text as a terminal sees it
times.py        the engine's times, relative or in ISO form
error_text.py   errors as people and scripts see them
progress.py     progress on stderr, for what takes long
help_panels.py  help on a terminal
"""
