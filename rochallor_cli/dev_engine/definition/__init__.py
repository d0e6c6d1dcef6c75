"""Definitions: their model, how they are read, and the rules they are held to.

model.py               a definition as the state machine walks it
fields.py              the fields that a document may have, by engine version
json_schema.py         the JSON Schema of a document, for editors
branch_order.py        the order of branches in engines that have one
shown_document.py      a kept document as the engine gives it back
parsing.py             a document to its fields, and those to the model
schemas.py             variables held against a schema
join_miscounts.py      why a join counts otherwise than its branches come
duration.py            how the engine reads the duration of a timer
problems.py            what can be wrong with a definition, and where
validation.py          the rules that the engine holds an upload to
validation_tables.py   those of decision tables
validation_schemas.py  those of schemas
"""
