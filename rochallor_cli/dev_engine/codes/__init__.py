"""The table of problem codes: one for lint, for warnings at run time, and for the documentation.

E: the engine refuses the document. W: the engine accepts it, and it will be regretted; those that a
running instance can meet are logged by the dev engine as well. Each code knows the versions it holds for.

code.py            what is known of one code
names.py           the codes by what they are about
refusals.py        E: what the engine refuses
warnings.py        W: what it accepts, as old as the engine
newer_warnings.py  W: what later versions brought
"""

from __future__ import annotations

from rochallor_cli.dev_engine.codes.code import Code as Code
from rochallor_cli.dev_engine.codes.names import *  # noqa: F403
from rochallor_cli.dev_engine.codes.newer_warnings import NEWER_WARNINGS
from rochallor_cli.dev_engine.codes.refusals import REFUSALS
from rochallor_cli.dev_engine.codes.warnings import WARNINGS

CODES = {entry.code: entry for entry in (*REFUSALS, *WARNINGS, *NEWER_WARNINGS)}
