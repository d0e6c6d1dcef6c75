"""The Python SDK of the Rochallor workflow engine: clients, handlers and runners.

Words: docs/architecture.md, "Glossary".
"""

from workflow_sdk.job import Job, current_job
from workflow_sdk.version import __version__

__all__ = ["Job", "__version__", "current_job"]
