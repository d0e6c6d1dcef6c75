"""The SQLite store: it writes and reads records, and decides nothing.

database.py        one connection, with its schema in place
definitions.py     definitions, version by version
instances.py       instances
executions.py      step executions: the history
jobs.py            jobs and their leases
user_tasks.py      open user tasks
timers.py          boundary timers that have not fired
next_workflows.py  chained workflows that are still to be started
outbox.py          jobs that are still to be published to Kafka
"""

from __future__ import annotations

import sqlite3

from rochallor_cli.dev_engine.store.definitions import Definitions
from rochallor_cli.dev_engine.store.executions import Executions
from rochallor_cli.dev_engine.store.instances import Instances
from rochallor_cli.dev_engine.store.jobs import Jobs
from rochallor_cli.dev_engine.store.next_workflows import NextWorkflows
from rochallor_cli.dev_engine.store.outbox import Outbox
from rochallor_cli.dev_engine.store.timers import Timers
from rochallor_cli.dev_engine.store.user_tasks import UserTasks


class Store:
    """All tables of one database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.definitions = Definitions(connection)
        self.instances = Instances(connection)
        self.executions = Executions(connection)
        self.jobs = Jobs(connection)
        self.user_tasks = UserTasks(connection)
        self.timers = Timers(connection)
        self.next_workflows = NextWorkflows(connection)
        self.outbox = Outbox(connection)
