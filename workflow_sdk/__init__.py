"""The Python SDK of the Rochallor workflow engine: clients, handlers and runners.

runner/             loops that feed handlers with jobs
client/             how programs and runners talk to an engine
handler/            functions that do jobs, and their registry
job.py              one claimed piece of work, as a handler sees it
retry/              back-off, for handlers and programs
metrics/            Prometheus series of runners
testing.py          for the tests of handler authors
known_secrets.py    what stands for a secret that is not shown
errors.py           every error the SDK raises
clock.py            the clock that everything of a runner reads
engine_versions.py  the engine's versions, and what each brought
version.py          the version of the distribution

Words: docs/architecture.md, "Glossary".
"""

from workflow_sdk.job import Job, current_job
from workflow_sdk.version import __version__

__all__ = ["Job", "__version__", "current_job"]
