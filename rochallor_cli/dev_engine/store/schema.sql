-- Times are nanoseconds since 1970 in UTC; documents and variables are JSON text.

-- One row: as which version of the engine the file was used last.
CREATE TABLE engine (
    version TEXT NOT NULL
);

CREATE TABLE definition (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    -- A digest of the content as the engine compares it.
    content BLOB NOT NULL,
    uploaded_ns INTEGER NOT NULL,
    PRIMARY KEY (id, version)
);
CREATE UNIQUE INDEX definition_content ON definition (id, content);

CREATE TABLE instance (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    definition_id TEXT NOT NULL,
    definition_version INTEGER NOT NULL,
    status TEXT NOT NULL,
    current_step_ids TEXT NOT NULL,
    variables TEXT NOT NULL,
    -- How often each step was entered, and how many of its executions are COMPLETED.
    entered TEXT NOT NULL,
    completed TEXT NOT NULL,
    started_ns INTEGER NOT NULL,
    completed_ns INTEGER,
    failure_reason TEXT,
    business_key TEXT
);
CREATE INDEX instance_definition ON instance (definition_id, seq);
CREATE INDEX instance_business_key ON instance (business_key, seq) WHERE business_key IS NOT NULL;
CREATE INDEX instance_live_key ON instance (definition_id, business_key)
    WHERE business_key IS NOT NULL AND status IN ('ACTIVE', 'WAITING');

CREATE TABLE execution (
    instance_id TEXT NOT NULL,
    step_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    id TEXT NOT NULL,
    step_type TEXT NOT NULL,
    status TEXT NOT NULL,
    started_ns INTEGER NOT NULL,
    ended_ns INTEGER,
    failure_reason TEXT,
    PRIMARY KEY (instance_id, step_id, attempt)
) WITHOUT ROWID;

CREATE TABLE job (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    instance_id TEXT NOT NULL,
    execution_id TEXT NOT NULL,
    step_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    job_type TEXT NOT NULL,
    status TEXT NOT NULL,
    retries_remaining INTEGER NOT NULL,
    variables TEXT NOT NULL,
    created_ns INTEGER NOT NULL,
    worker_id TEXT,
    locked_ns INTEGER,
    lock_expires_ns INTEGER
);
CREATE INDEX job_offered ON job (job_type, seq) WHERE status = 'OFFERED';
CREATE INDEX job_locked ON job (lock_expires_ns) WHERE status = 'LOCKED';
CREATE INDEX job_of_execution ON job (execution_id);

-- Open user tasks only.
CREATE TABLE user_task (
    instance_id TEXT NOT NULL,
    step_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    id TEXT NOT NULL,
    execution_id TEXT NOT NULL,
    PRIMARY KEY (instance_id, step_id, attempt)
) WITHOUT ROWID;

-- Timers that have not fired.
CREATE TABLE timer (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    instance_id TEXT NOT NULL,
    execution_id TEXT NOT NULL,
    step_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    fires_ns INTEGER NOT NULL,
    interrupting INTEGER NOT NULL,
    target_step_id TEXT NOT NULL
);
CREATE INDEX timer_due ON timer (fires_ns);

-- Workflows to be started after the one before them has ended.
CREATE TABLE next_workflow (
    seq INTEGER PRIMARY KEY,
    definition_id TEXT NOT NULL,
    variables TEXT NOT NULL,
    business_key TEXT
);

-- Jobs to be published, in dispatch mode "kafka".
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY,
    dedup_id TEXT NOT NULL,
    job_id TEXT NOT NULL
);
