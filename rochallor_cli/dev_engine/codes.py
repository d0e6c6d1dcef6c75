"""The table of problem codes: one for lint, for warnings at run time, and for the documentation."""

from __future__ import annotations

ENDLESS_LOOP = "W301"
JOIN_MISCOUNTS = "W302"
END_LEAVES_BRANCHES = "W303"
NO_WAY_ON = "W304"
TIMER_OUTLIVES_STEP = "W305"
TASK_SURVIVES_TIMER = "W306"
JOB_OF_ENDED_INSTANCE = "W307"
FAIL_AFTER_END = "W308"
NEXT_WORKFLOW_MISSING = "W309"
