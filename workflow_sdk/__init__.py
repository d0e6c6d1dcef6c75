"""The Python SDK of the Rochallor workflow engine: clients, handlers and runners."""
