-- The truth. Payloads are of type json, not jsonb: they are carried, never queried,
-- and json keeps every string that JSON allows.

-- The graphs that workflows run, by the SHA-256 digest of their canonical form.
CREATE TABLE blueprints (
    digest     bytea PRIMARY KEY CHECK (length(digest) = 32),
    body       json NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- When a goal last brought it along, to the day: what was not used for as long as histories are
    -- kept is forgotten. So nothing references this table: to look for references would cost more.
    used_at    timestamptz NOT NULL DEFAULT now()
);

-- How many events each history has. A goal and its workflow share one id and one history.
-- The row is also the fence of a workflow: whoever commits a transition names the number that
-- its knowledge rests on.
CREATE TABLE histories (
    id          uuid PRIMARY KEY,
    last_number bigint NOT NULL,
    -- Whether its workflow has begun; that happens once.
    begun       boolean NOT NULL DEFAULT false
) WITH (fillfactor = 50);

-- What callers want. Written by the decision group.
CREATE TABLE goals (
    id               uuid PRIMARY KEY,
    -- Whose it is, and how much of what is shared it may claim: 1 low, 2 normal, 3 high.
    namespace        text NOT NULL DEFAULT 'default',
    priority         smallint NOT NULL DEFAULT 2 CHECK (priority BETWEEN 1 AND 3),
    request_id       text,
    -- Digest of the request: tells a repeated request from a reused request_id.
    request_digest   bytea CHECK ((request_digest IS NULL) = (request_id IS NULL)),
    goal             text NOT NULL,
    goal_type        text NOT NULL,
    input            json NOT NULL,
    state            text NOT NULL CHECK (state IN ('SUBMITTED', 'AWAITING_APPROVAL', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED')),
    -- Set once a cancellation is asked for; the workflow may not exist yet.
    cancel_reason    text,
    -- The plan. There from the start if the caller brought it along.
    blueprint_digest bytea,
    -- The caller's own policy, which counts besides that of the namespace.
    policy           json,
    -- The digests that were approved: nothing else may run for it. NULL: no policy wanted an approval.
    approved_digests bytea[],
    -- What it may take, as its caller says; fixed once it runs: from then on that of its workflow counts.
    budget           json NOT NULL DEFAULT '{}',
    result           json,
    failure          json,
    traceparent      text,
    created_at       timestamptz NOT NULL DEFAULT now(),
    ended_at         timestamptz
);
CREATE UNIQUE INDEX goals_request_id ON goals (namespace, request_id) WHERE request_id IS NOT NULL;
CREATE INDEX goals_by_state ON goals (state, id DESC);
CREATE INDEX goals_by_namespace ON goals (namespace, id DESC);
-- Most goals are said in words.
CREATE INDEX goals_by_type ON goals (goal_type, id DESC) WHERE goal_type <> '';

-- How many goals of each namespace have not ended. Written by triggers alone, once for each statement
-- that submits or ends goals, so that a limit costs a look at one row.
CREATE TABLE namespaces (
    name       text PRIMARY KEY,
    open_goals bigint NOT NULL
) WITH (fillfactor = 10);

-- The verdicts on a goal, in order. Written by the decision group.
CREATE TABLE decisions (
    goal_id    uuid NOT NULL REFERENCES goals ON DELETE CASCADE,
    number     bigint GENERATED ALWAYS AS IDENTITY,
    verdict    text NOT NULL,
    decided_by text NOT NULL,
    reason     text NOT NULL,
    at         timestamptz NOT NULL DEFAULT now(),
    -- What asking a language model took for it, if one was asked.
    llm_usage  json,
    -- The approval that it is about, if it is somebody's word on a plan.
    approval   uuid,
    -- The blueprint that it signs, if it is that, or with which a goal that runs goes on, of a replan.
    blueprint_digest bytea,
    PRIMARY KEY (goal_id, number)
);
-- Nobody decides twice on the same.
CREATE UNIQUE INDEX decisions_once ON decisions (approval, decided_by) WHERE approval IS NOT NULL;
-- Another plan is decided on once, however often it is asked for.
CREATE UNIQUE INDEX decisions_replan ON decisions (goal_id, blueprint_digest) WHERE verdict = 'replan';

-- Approvals that policies want before a blueprint runs. Written by the decision group.
CREATE TABLE plan_approvals (
    -- UUIDv7.
    id               uuid PRIMARY KEY,
    goal_id          uuid NOT NULL REFERENCES goals ON DELETE CASCADE,
    -- What is approved, and nothing else.
    blueprint_digest bytea NOT NULL CHECK (length(blueprint_digest) = 32),
    -- Which rule wants it, and why.
    rule             text NOT NULL,
    reason           text NOT NULL,
    -- Who may decide; nobody named: everybody may.
    deciders         text[] NOT NULL,
    quorum           integer NOT NULL CHECK (quorum > 0),
    expires_at       timestamptz,
    at_deadline      text NOT NULL CHECK (at_deadline IN ('reject', 'approve')),
    -- WITHDRAWN: the plan was changed, or its goal has ended.
    state            text NOT NULL DEFAULT 'OPEN' CHECK (state IN ('OPEN', 'APPROVED', 'REJECTED', 'EXPIRED', 'WITHDRAWN')),
    asked_at         timestamptz NOT NULL DEFAULT now(),
    resolved_at      timestamptz
);
CREATE INDEX plan_approvals_by_goal ON plan_approvals (goal_id, id);
CREATE INDEX plan_approvals_open ON plan_approvals (goal_id) WHERE state = 'OPEN';

-- Durable executions. Written by the graph engine.
CREATE TABLE workflows (
    id               uuid PRIMARY KEY,
    -- A longer one takes its place when the workflow is extended.
    blueprint_digest bytea NOT NULL,
    -- By which tasks it was extended: of each extension the place of the first task in the blueprint, and its ordinal.
    added_tasks      integer[] NOT NULL DEFAULT '{}',
    -- How often it has waited for another plan because of a failure.
    replans          integer NOT NULL DEFAULT 0,
    goal_text        text NOT NULL,
    goal_input       json NOT NULL,
    -- Its lane on the delivery lists: `namespace:priority` of its goal.
    lane             text NOT NULL DEFAULT 'default:2',
    state            text NOT NULL CHECK (state IN ('RUNNING', 'PAUSED', 'REPLANNING', 'COMPENSATING', 'SUCCEEDED', 'FAILED', 'CANCELLED')),
    result           json,
    failure          json,
    traceparent      text,
    -- What it may take; what planning took, before it began and since. What its attempts took is in its tasks.
    budget           json NOT NULL DEFAULT '{}',
    spent_before     json NOT NULL DEFAULT '{}',
    -- The number of the event that its last change of state made.
    event            bigint NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT now(),
    ended_at         timestamptz
);
CREATE INDEX workflows_open ON workflows (id) WHERE state IN ('RUNNING', 'PAUSED', 'REPLANNING', 'COMPENSATING');
-- Those that wait for another plan: few, and not for long.
CREATE INDEX workflows_replanning ON workflows (id) WHERE state = 'REPLANNING';

-- The tasks of a workflow that are past pending: a task without a row waits for its join. One that has a row and
-- is pending was reset when its workflow was retried.
-- Written by the graph engine.
CREATE TABLE tasks (
    workflow_id uuid NOT NULL,
    -- The task's place in its blueprint, from 0; those of graphs inside of tasks, and those by which the blueprint was
    -- extended, come after.
    ordinal     integer NOT NULL,
    name        text NOT NULL,
    capability  text NOT NULL,
    -- Its workflow's, so that whoever delivers it need not look there.
    lane        text NOT NULL DEFAULT 'default:2',
    state       text NOT NULL CHECK (state IN ('PENDING', 'WAITING', 'READY', 'RUNNING', 'SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED')),
    -- The latest attempt, from 1; 0 if there was none.
    attempt     integer NOT NULL,
    -- Attempts that failed and count against the retry policy.
    failures    integer NOT NULL,
    input       json,
    output      json,
    failure     json,
    -- Why this task makes its workflow fail, if it does.
    unhandled   json,
    -- Outgoing edges that were taken when it ended; by their places in its graph.
    taken_edges integer[],
    -- What it waits for while it is WAITING.
    waits_for   text CHECK (waits_for IN ('time', 'body', 'signal', 'approval', 'key', 'plan', 'extension', 'budget')) CHECK ((waits_for IS NOT NULL) = (state = 'WAITING')),
    -- The ordinals that it has reserved for the graph inside of it: the first one, and for how many items or
    -- iterations.
    body_first  integer,
    body_count  integer,
    -- The blueprint whose graph is inside of it, if it came up only when the task was reached.
    body_digest bytea,
    -- The task that undoes it, once that has begun.
    undo        integer,
    -- What its attempts took that are over, and the planning of the graph inside of it: how many attempts they were,
    -- money, and tokens. Absent: nothing.
    spent       bigint[] CHECK (cardinality(spent) = 3),
    -- Who runs the latest attempt.
    engine_id   uuid,
    session_id  uuid,
    worker      text,
    -- The number of the event that its last change of state made.
    event       bigint NOT NULL,
    started_at  timestamptz,
    ended_at    timestamptz,
    PRIMARY KEY (workflow_id, ordinal)
) WITH (fillfactor = 70);
-- The attempts of an engine that died, those of a session that came back: as many rows as
-- workers have credits.
CREATE INDEX tasks_running ON tasks (engine_id, session_id) WHERE state = 'RUNNING';

-- What workflows wait for that nobody sends. A row is written by the transition that begins to wait
-- and goes with the transition that ends it; when its time has come the persistence service notes that
-- in it and delivers it. So what was delivered and got lost is still known.
CREATE TABLE timers (
    workflow_id uuid NOT NULL,
    -- Ordinal of the task; -1: the workflow's deadline; -2: that of the approvals of its goal; -3: the end of the time that its
    -- budget allows.
    task        integer NOT NULL,
    -- The task's attempt when it was armed.
    attempt     integer NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('backoff', 'wait', 'give_up', 'schedule_to_start', 'start_to_close', 'deadline', 'wall_time', 'approval')),
    fire_at     timestamptz NOT NULL,
    -- When it was delivered.
    fired_at    timestamptz,
    PRIMARY KEY (workflow_id, task)
) WITH (fillfactor = 80);
CREATE INDEX timers_to_fire ON timers (fire_at) WHERE fired_at IS NULL;
CREATE INDEX timers_fired ON timers (workflow_id, task) WHERE fired_at IS NOT NULL;

-- Who waits for a key, and who holds one: a task from the moment in which it asks for it until its work is done.
-- Written by `commit_transitions` alone, which hands a key on in the transaction in which it comes free.
CREATE TABLE concurrency_keys (
    workflow_id uuid NOT NULL,
    task        integer NOT NULL,
    -- The task's latest attempt when it asked.
    attempt     integer NOT NULL,
    -- `namespace/name`.
    name        text NOT NULL,
    -- How many may hold it at once, as far as this task is concerned.
    most        integer NOT NULL,
    lane        text NOT NULL,
    -- Who asks first is served first.
    asked       bigint GENERATED ALWAYS AS IDENTITY,
    granted_at  timestamptz,
    PRIMARY KEY (workflow_id, task)
);
CREATE INDEX concurrency_keys_waiting ON concurrency_keys (name, asked) WHERE granted_at IS NULL;
CREATE INDEX concurrency_keys_held ON concurrency_keys (name) WHERE granted_at IS NOT NULL;

-- What a language model plans: goals, goals of tasks that wait for a plan, and other plans for workflows that wait for
-- one. A row is written when the catalog turns out to have no plan, and stays as the head of its journal. Written by the
-- decision group.
CREATE TABLE plannings (
    -- The goal, or the workflow of the task.
    id      uuid NOT NULL,
    -- Ordinal of the task; -1: it is the goal itself.
    task    integer NOT NULL,
    -- The task's attempt that waits. Of a goal itself 0, or how often its workflow has waited for another plan.
    attempt integer NOT NULL,
    lane    text NOT NULL,
    -- What had become of the workflow when it was handed over, if it is another plan: what is asked stays the same.
    past    json CHECK ((past IS NOT NULL) = (task < 0 AND attempt > 0)),
    PRIMARY KEY (id, task, attempt)
);

-- The journal of these plans: what the model has said, each answer once, before it is asked again. Written by the
-- decision group.
CREATE TABLE planning_steps (
    id      uuid NOT NULL,
    task    integer NOT NULL,
    attempt integer NOT NULL,
    -- Its place among the steps, from 1.
    number  integer NOT NULL,
    -- SHA-256 of the request that was sent to the model.
    request bytea NOT NULL CHECK (length(request) = 32),
    answer  json NOT NULL,
    -- What the answer took.
    usage   json NOT NULL,
    PRIMARY KEY (id, task, attempt, number),
    FOREIGN KEY (id, task, attempt) REFERENCES plannings ON DELETE CASCADE
);

-- What was said to a workflow from outside, in order. Kept until a task takes it, and after.
CREATE TABLE signals (
    workflow_id uuid NOT NULL,
    -- Its place among the workflow's signals, from 0.
    place       integer NOT NULL,
    -- Tells a signal that comes again from another one.
    id          text NOT NULL,
    name        text NOT NULL,
    payload     json NOT NULL,
    -- The number of the event that it made.
    event       bigint NOT NULL,
    -- The task that took it.
    taken_by    integer,
    PRIMARY KEY (workflow_id, place)
);

-- Values that are too large to be carried; what workflows carry is a reference. Written by the graph engine, removed
-- by the persistence service.
CREATE TABLE payloads (
    -- UUIDv7: what nobody uses is kept as long as a history of that time.
    id           uuid PRIMARY KEY,
    -- Whose it is: nobody else reads it.
    namespace    text NOT NULL,
    content_type text NOT NULL,
    -- Set when all of it is there; nobody sees it before.
    completed_at timestamptz,
    bytes        bigint CHECK ((bytes IS NULL) = (completed_at IS NULL)),
    sha256       bytea CHECK (length(sha256) = 32) CHECK ((sha256 IS NULL) = (completed_at IS NULL))
);
CREATE INDEX payloads_incomplete ON payloads (id) WHERE completed_at IS NULL;

-- The bytes of payloads, in parts, each written by a statement of its own.
CREATE TABLE payload_chunks (
    payload_id uuid NOT NULL REFERENCES payloads ON DELETE CASCADE,
    number     integer NOT NULL,
    body       bytea NOT NULL,
    PRIMARY KEY (payload_id, number)
);

-- Which workflows may read a payload later on: it stays as long as one of their histories. Written before the
-- transition that brings the reference in is committed, so a row may be there in vain, and none is missing.
CREATE TABLE payload_uses (
    payload_id  uuid NOT NULL REFERENCES payloads,
    workflow_id uuid NOT NULL,
    PRIMARY KEY (payload_id, workflow_id)
);
CREATE INDEX payload_uses_by_workflow ON payload_uses (workflow_id);

-- What happened, numbered 1..n in each history. Written by triggers alone. Partitioned by the time in
-- the workflow's id (UUIDv7), so that a history is in one partition and old ones are dropped whole
-- (V0004).
CREATE TABLE events (
    workflow_id uuid NOT NULL,
    number      bigint NOT NULL,
    at          timestamptz NOT NULL,
    type        text NOT NULL,
    -- Ordinal of the task it is about.
    task        integer,
    attempt     integer,
    worker      text,
    failure     json,
    -- The decision that it is about.
    decision    bigint,
    PRIMARY KEY (workflow_id, number)
) PARTITION BY RANGE (workflow_id);
-- What no other partition takes: nothing, as long as those to come are made in time.
CREATE TABLE events_default PARTITION OF events DEFAULT;

-- What has to be put on a Redis list. Written by triggers, removed by the relay.
-- A queue, not a log: it is drained by deleting, never read by `id > cursor`.
CREATE TABLE outbox (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    list    text NOT NULL,
    element text NOT NULL,
    -- Lanes of one list take turns.
    lane    text NOT NULL DEFAULT 'default:2'
);

-- Processes that take from lists. Each holds a session advisory lock while it lives.
CREATE TABLE takers (
    id            uuid PRIMARY KEY,
    kind          text NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT now(),
    -- Set when the process was found dead, or left.
    dead_at       timestamptz,
    -- What the workers at this engine offer; written when that changes.
    offers        text[] NOT NULL DEFAULT '{}',
    -- The workers themselves, for people who look.
    workers       json NOT NULL DEFAULT '[]'
);

-- Rows of these are moved several times and then go. What they leave behind is reclaimed long before a fifth
-- of a table is dead, and as fast as today's disks allow.
DO $$
DECLARE
    moving text;
BEGIN
    FOREACH moving IN ARRAY ARRAY['histories', 'goals', 'namespaces', 'decisions', 'workflows', 'tasks', 'timers', 'outbox'] LOOP
        EXECUTE format('ALTER TABLE %I SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_limit = 2000)', moving);
    END LOOP;
END;
$$;
