"""The use cases: each reads records, asks the state machine, and has its effects written.

They are plain functions on a `Resources`, called within a transaction (see `unit_of_work`).
"""
