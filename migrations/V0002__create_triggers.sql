-- Every change of state makes its event, its outbox row and its notification here, in the
-- transaction that changes the state, so that no code path can forget one of them.
-- What writes is statement-level: a batch of any size costs a constant number of statements.
-- What only refuses is row-level with a condition: it costs nothing while the condition is false,
-- and it comes after, since a trigger that comes before locks every row once more.
--
-- Whoever changes the state of a workflow or a task has drawn the event's number from `histories`
-- and writes it in the row; the number of a goal's event is drawn by the trigger. A number that
-- is used twice, skipped or not drawn at all is refused.
--
-- Tables of changed rows have no statistics, and without help the planner joins them row by row:
-- a batch of a thousand would cost a million comparisons. Those that are joined with each other
-- are joined by hash; rows of other tables are found by their keys.

CREATE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
END;
$$;

-- Whether a workflow in this state has not ended.
CREATE FUNCTION is_open(state text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT state IN ('RUNNING', 'PAUSED', 'REPLANNING', 'COMPENSATING')
$$;

-- Whether a goal in this state has not ended.
CREATE FUNCTION is_open_goal(state text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT state IN ('SUBMITTED', 'AWAITING_APPROVAL', 'RUNNING')
$$;

-- Histories and events -------------------------------------------------------------------

-- Tells those who watch. Once for each transaction, since each draws its numbers at once.
CREATE FUNCTION histories_grown() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    hint text;
BEGIN
    SELECT string_agg(id::text, ',') INTO hint FROM new_rows;
    IF hint IS NOT NULL THEN
        PERFORM pg_notify('goalpost_history', CASE WHEN octet_length(hint) < 7900 THEN hint ELSE '*' END);
    END IF;
    RETURN NULL;
END;
$$;
CREATE TRIGGER histories_inserted AFTER INSERT ON histories
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION histories_grown();
CREATE TRIGGER histories_updated AFTER UPDATE ON histories
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION histories_grown();

-- Refuses histories in which a number is missing between these, both included.
CREATE FUNCTION refuse_gaps(ids uuid[], firsts bigint[], lasts bigint[]) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    id      uuid;
    first   bigint;
    last    bigint;
    is_torn boolean;
BEGIN
    IF cardinality(ids) = 1 THEN
        -- One history is looked for in its own partition alone: its id is known before the search begins.
        id := ids[1];
        first := firsts[1];
        last := lasts[1];
        is_torn := (SELECT count(*) FROM events WHERE workflow_id = id AND number BETWEEN first AND last) <> last - first + 1;
    ELSE
        is_torn := EXISTS (
            SELECT FROM unnest(ids, firsts, lasts) AS h (id, first, last)
            WHERE (SELECT count(*) FROM events e WHERE e.workflow_id = h.id AND e.number BETWEEN h.first AND h.last)
                  <> h.last - h.first + 1);
    END IF;
    IF is_torn THEN
        RAISE EXCEPTION 'the events of a history are numbered without gaps'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
END;
$$;

-- The primary key refuses a number that is used twice; this refuses one that leaves a gap. What
-- `commit_transitions` writes in several statements it has looked at as a whole, in the end.
CREATE FUNCTION events_inserted() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    ids    uuid[];
    firsts bigint[];
    lasts  bigint[];
BEGIN
    IF current_setting('goalpost.looks_for_gaps_itself', true) = 'on' THEN
        RETURN NULL;
    END IF;
    -- From the one before, if there is one.
    SELECT array_agg(n.id), array_agg(greatest(n.first - 1, 1)), array_agg(n.last) INTO ids, firsts, lasts
    FROM (SELECT workflow_id AS id, min(number) AS first, max(number) AS last FROM new_rows GROUP BY workflow_id) n;
    IF cardinality(ids) > 0 THEN
        PERFORM refuse_gaps(ids, firsts, lasts);
    END IF;
    RETURN NULL;
END;
$$;
CREATE TRIGGER events_inserted AFTER INSERT ON events
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION events_inserted();

-- Outbox ---------------------------------------------------------------------------------

-- A row as the relay reads it.
CREATE FUNCTION outbox_line(id bigint, lane text, list text, element text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT id || ' ' || lane || ' ' || list || ' ' || element
$$;

-- Rings the relay. The payloads carry the rows themselves where they fit, so that the relay can
-- deliver without reading them; very many rows are cheaper to read.
CREATE FUNCTION outbox_inserted() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    size bigint;
    hint text;
BEGIN
    SELECT count(*), string_agg(outbox_line(id, lane, list, element), E'\n' ORDER BY id) INTO size, hint
    FROM new_rows;
    IF size = 0 THEN
        RETURN NULL;
    ELSIF size > 1000 THEN
        PERFORM pg_notify('goalpost_outbox', '*');
        RETURN NULL;
    ELSIF octet_length(hint) < 7900 THEN
        PERFORM pg_notify('goalpost_outbox', hint);
        RETURN NULL;
    END IF;
    FOR hint IN
        SELECT string_agg(line, E'\n' ORDER BY id) FROM (
            SELECT id, line, sum(octet_length(line) + 1) OVER (ORDER BY id) / 7000 AS part
            FROM (SELECT id, outbox_line(id, lane, list, element) AS line FROM new_rows) l
        ) p GROUP BY part ORDER BY part
    LOOP
        PERFORM pg_notify('goalpost_outbox', CASE WHEN octet_length(hint) < 7900 THEN hint ELSE '*' END);
    END LOOP;
    RETURN NULL;
END;
$$;
CREATE TRIGGER outbox_inserted AFTER INSERT ON outbox
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION outbox_inserted();

-- Goals ----------------------------------------------------------------------------------

CREATE FUNCTION goals_inserted() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO histories (id, last_number) SELECT id, 1 FROM new_rows ORDER BY id;
    INSERT INTO events (workflow_id, number, at, type) SELECT id, 1, clock_timestamp(), 'GOAL_SUBMITTED' FROM new_rows;
    INSERT INTO outbox (list, element, lane) SELECT 'goals', id, namespace || ':' || priority FROM new_rows ORDER BY id;
    -- Last, since others wait for these rows; in one order.
    INSERT INTO namespaces AS s (name, open_goals)
    SELECT namespace, count(*) FROM new_rows GROUP BY namespace ORDER BY namespace
    ON CONFLICT (name) DO UPDATE SET open_goals = s.open_goals + excluded.open_goals;
    RETURN NULL;
END;
$$;
CREATE TRIGGER goals_inserted AFTER INSERT ON goals
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION goals_inserted();

CREATE TRIGGER goals_move AFTER UPDATE ON goals FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND OLD.state <> 'SUBMITTED'
          AND (NOT is_open_goal(OLD.state) OR NEW.state IN ('SUBMITTED', 'AWAITING_APPROVAL'))
          AND NOT (OLD.state IN ('FAILED', 'CANCELLED') AND NEW.state = 'RUNNING'))
    EXECUTE FUNCTION refuse_change('a goal that has ended stays as it is, unless it is retried');

-- Before it runs; from then on its workflow's budget counts.
CREATE TRIGGER goals_budget AFTER UPDATE ON goals FOR EACH ROW
    WHEN (OLD.budget::text <> NEW.budget::text AND (OLD.state <> NEW.state OR NEW.state NOT IN ('SUBMITTED', 'AWAITING_APPROVAL')))
    EXECUTE FUNCTION refuse_change('the budget of a goal that runs is its workflow''s');

CREATE FUNCTION goals_updated() RETURNS trigger
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = on SET enable_nestloop = off SET enable_mergejoin = off AS $$
BEGIN
    WITH moved AS MATERIALIZED (
        SELECT n.id, n.namespace, n.state, n.failure, o.state AS old_state
        FROM old_rows o JOIN new_rows n USING (id) WHERE n.state <> o.state OR n.budget::text <> o.budget::text
    ), approved AS (
        -- The decision group has it run.
        INSERT INTO outbox (list, element, lane)
        SELECT 'goals', n.id, n.namespace || ':' || n.priority FROM old_rows o JOIN new_rows n USING (id)
        WHERE n.state = 'RUNNING' AND n.approved_digests IS DISTINCT FROM o.approved_digests
    ), closed AS (
        INSERT INTO namespaces AS s (name, open_goals)
        SELECT namespace, sum(CASE WHEN is_open_goal(state) THEN 1 ELSE -1 END) FROM moved
        WHERE is_open_goal(state) <> is_open_goal(old_state) GROUP BY namespace ORDER BY namespace
        ON CONFLICT (name) DO UPDATE SET open_goals = s.open_goals + excluded.open_goals
    ), drawn AS (
        UPDATE histories h SET last_number = h.last_number + 1
        WHERE h.id = ANY (ARRAY(SELECT id FROM moved ORDER BY id))
        RETURNING h.id, h.last_number AS number
    )
    INSERT INTO events (workflow_id, number, at, type, failure)
    SELECT id, d.number, clock_timestamp(),
           CASE WHEN m.state = m.old_state THEN 'BUDGET_CHANGED' WHEN m.state <> 'RUNNING' THEN 'GOAL_' || m.state
                WHEN is_open_goal(m.old_state) THEN 'GOAL_PLANNED'
                ELSE 'GOAL_RETRIED' END, m.failure
    FROM drawn d JOIN moved m USING (id);

    -- Nobody has to decide any more on what has ended.
    IF EXISTS (SELECT FROM new_rows n WHERE NOT is_open_goal(n.state)) THEN
        UPDATE plan_approvals SET state = 'WITHDRAWN', resolved_at = clock_timestamp()
        WHERE state = 'OPEN' AND goal_id = ANY (ARRAY(SELECT id FROM new_rows n WHERE NOT is_open_goal(n.state)));
    END IF;
    RETURN NULL;
END;
$$;
CREATE TRIGGER goals_updated AFTER UPDATE ON goals
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION goals_updated();

-- Workflows ------------------------------------------------------------------------------

-- A goal runs what was decided on, and nothing else. SQLSTATE GP001 says so to the engine.
CREATE FUNCTION refuse_undecided() RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'this is not the blueprint that was decided on for the goal' USING ERRCODE = 'GP001';
END;
$$;

CREATE FUNCTION workflows_inserted() RETURNS trigger
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF EXISTS (SELECT FROM new_rows w JOIN goals g ON g.id = w.id
               WHERE g.state <> 'RUNNING' OR g.blueprint_digest IS DISTINCT FROM w.blueprint_digest) THEN
        PERFORM refuse_undecided();
    END IF;
    INSERT INTO events (workflow_id, number, at, type)
    SELECT id, event, clock_timestamp(), 'WORKFLOW_STARTED' FROM new_rows;
    RETURN NULL;
END;
$$;
CREATE TRIGGER workflows_inserted AFTER INSERT ON workflows
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION workflows_inserted();

CREATE TRIGGER workflows_move AFTER UPDATE ON workflows FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND NOT is_open(OLD.state)
          AND NOT (OLD.state IN ('FAILED', 'CANCELLED') AND NEW.state = 'RUNNING'))
    EXECUTE FUNCTION refuse_change('a workflow that has ended stays as it is, unless it is retried');
-- What paused it may be another reason from now on.
CREATE TRIGGER workflows_number AFTER UPDATE ON workflows FOR EACH ROW
    WHEN ((OLD.state <> NEW.state OR OLD.blueprint_digest <> NEW.blueprint_digest OR OLD.budget::text <> NEW.budget::text
           OR NEW.state = 'PAUSED' AND OLD.failure::text IS DISTINCT FROM NEW.failure::text) <> (NEW.event > OLD.event))
    EXECUTE FUNCTION refuse_change('a change of state, of the blueprint or of the budget, and nothing else, takes the next number of its history');
CREATE TRIGGER workflows_budget AFTER UPDATE ON workflows FOR EACH ROW
    WHEN (OLD.budget::text <> NEW.budget::text
          AND (OLD.state <> NEW.state OR OLD.blueprint_digest <> NEW.blueprint_digest OR NOT is_open(NEW.state)))
    EXECUTE FUNCTION refuse_change('only a workflow that runs gets another budget, and nothing else with it');
CREATE TRIGGER workflows_extend AFTER UPDATE ON workflows FOR EACH ROW
    WHEN (OLD.blueprint_digest <> NEW.blueprint_digest AND (OLD.state <> NEW.state OR NOT is_open(NEW.state)))
    EXECUTE FUNCTION refuse_change('only a workflow that runs can be extended');

-- Where a policy wanted an approval, what was not approved does not take the place of what was.
CREATE FUNCTION workflows_approved() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM goals g WHERE g.id = NEW.id AND NEW.blueprint_digest <> ALL (g.approved_digests)) THEN
        PERFORM refuse_undecided();
    END IF;
    RETURN NULL;
END;
$$;
CREATE TRIGGER workflows_approved AFTER UPDATE ON workflows FOR EACH ROW
    WHEN (OLD.blueprint_digest <> NEW.blueprint_digest) EXECUTE FUNCTION workflows_approved();

-- What came up while these workflows were paused was given to nobody.
CREATE FUNCTION deliver_ready(ids uuid[]) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    INSERT INTO outbox (list, element, lane)
    SELECT 'ready:' || capability, attempt_ref(workflow_id, ordinal, attempt), lane
    FROM tasks WHERE workflow_id = ANY (ids) AND state = 'READY' ORDER BY workflow_id, ordinal;
END;
$$;

CREATE FUNCTION workflows_updated() RETURNS trigger
LANGUAGE plpgsql SET enable_hashjoin = on SET enable_nestloop = off SET enable_mergejoin = off AS $$
BEGIN
    WITH moved AS MATERIALIZED (
        SELECT n.id, n.lane, n.event, n.state, n.failure, n.replans, o.state AS old_state, n.budget::text <> o.budget::text AS has_budget,
               n.blueprint_digest <> o.blueprint_digest AS is_extended
        FROM old_rows o JOIN new_rows n USING (id) WHERE n.event <> o.event
    ), delivered AS (
        -- The decision group settles the goal, or opens it again.
        INSERT INTO outbox (list, element, lane)
        SELECT 'outcomes', id::text, lane FROM moved WHERE NOT is_open(state) OR NOT is_open(old_state)
        UNION ALL
        -- And it has the workflow planned anew.
        SELECT 'plans', attempt_ref(id, -1, replans), lane FROM moved WHERE state = 'REPLANNING' AND old_state <> 'REPLANNING'
    )
    INSERT INTO events (workflow_id, number, at, type, failure)
    SELECT id, event, clock_timestamp(),
           CASE WHEN has_budget THEN 'BUDGET_CHANGED' WHEN is_extended THEN 'WORKFLOW_EXTENDED' ELSE 'WORKFLOW_' || state END,
           CASE WHEN NOT has_budget AND NOT is_extended THEN failure END
    FROM moved;
    IF EXISTS (SELECT FROM new_rows WHERE state = 'RUNNING') THEN
        PERFORM deliver_ready(ARRAY(
            SELECT n.id FROM old_rows o JOIN new_rows n USING (id) WHERE o.state = 'PAUSED' AND n.state = 'RUNNING'));
    END IF;
    RETURN NULL;
END;
$$;
CREATE TRIGGER workflows_updated AFTER UPDATE ON workflows
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION workflows_updated();

-- Tasks ----------------------------------------------------------------------------------

-- The event that says that a task came into this state. RUNNING says that an attempt started.
CREATE FUNCTION task_event(state text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE state WHEN 'RUNNING' THEN 'ATTEMPT_STARTED' ELSE 'TASK_' || state END
$$;

-- The text form of an attempt, as delivery lists carry it.
CREATE FUNCTION attempt_ref(workflow uuid, task integer, attempt integer) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT workflow || ':' || task || ':' || attempt
$$;

CREATE FUNCTION tasks_inserted() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    WITH delivered AS (
        INSERT INTO outbox (list, element, lane)
        SELECT 'ready:' || capability, attempt_ref(workflow_id, ordinal, attempt), lane FROM new_rows WHERE state = 'READY'
        UNION ALL
        -- The decision group has it planned.
        SELECT 'plans', attempt_ref(workflow_id, ordinal, attempt), lane FROM new_rows WHERE waits_for = 'plan'
    )
    INSERT INTO events (workflow_id, number, at, type, task, attempt, failure)
    SELECT workflow_id, event, clock_timestamp(), task_event(state), ordinal, nullif(attempt, 0), failure FROM new_rows;
    RETURN NULL;
END;
$$;
CREATE TRIGGER tasks_inserted AFTER INSERT ON tasks
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION tasks_inserted();

-- Whether a task may move so: from READY to RUNNING to its end, and to READY only under a new attempt.
CREATE FUNCTION may_move(was text, had integer, becomes text, has integer) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN was = becomes AND had = has THEN true
        WHEN becomes = 'READY' THEN was <> 'READY' AND has = had + 1
        -- Retried, it began and ended in one step; or no worker does it, and it has begun anew once more.
        WHEN was IN ('SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED') AND has = had + 1 THEN becomes <> 'RUNNING'
        WHEN has <> had THEN false
        WHEN was = 'READY' THEN becomes NOT IN ('PENDING', 'WAITING')
        WHEN was IN ('PENDING', 'WAITING') THEN becomes NOT IN ('PENDING', 'RUNNING')
        ELSE becomes NOT IN ('RUNNING') AND (was <> 'RUNNING' OR becomes <> 'PENDING')
    END
$$;
CREATE TRIGGER tasks_move AFTER UPDATE ON tasks FOR EACH ROW
    WHEN ((OLD.state <> NEW.state OR OLD.attempt <> NEW.attempt)
          AND NOT may_move(OLD.state, OLD.attempt, NEW.state, NEW.attempt))
    EXECUTE FUNCTION refuse_change('a task moves from READY to RUNNING to its end, and to READY only under a new attempt');
-- `commit_transitions` says so where a workflow is retried.
CREATE TRIGGER tasks_stay AFTER UPDATE ON tasks FOR EACH ROW
    WHEN (OLD.state IN ('SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED') AND (OLD.state <> NEW.state OR OLD.attempt <> NEW.attempt)
          AND current_setting('goalpost.retries', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION refuse_change('a task that has ended stays as it is, unless its workflow is retried');
CREATE TRIGGER tasks_number AFTER UPDATE ON tasks FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND NEW.event <= OLD.event
          OR OLD.state = NEW.state AND NEW.event <> OLD.event
             AND (NEW.waits_for IS DISTINCT FROM 'budget' OR OLD.waits_for IS NOT DISTINCT FROM 'budget')
             AND current_setting('goalpost.retries', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION refuse_change('a change of state, or that it waits for the budget now, and nothing else, takes the next number of its history');

CREATE FUNCTION tasks_updated() RETURNS trigger
LANGUAGE plpgsql SET enable_hashjoin = on SET enable_nestloop = off SET enable_mergejoin = off AS $$
BEGIN
    WITH moved AS MATERIALIZED (
        SELECT n.workflow_id, n.event, n.state, n.ordinal, n.capability, n.lane, n.attempt, n.worker, n.failure, n.waits_for,
               o.state AS old_state, o.attempt AS old_attempt, o.worker AS old_worker, o.engine_id,
               -- An attempt ended that its worker did not end: the engine that runs it tells the worker.
               o.state = 'RUNNING' AND o.engine_id IS NOT NULL
               AND (n.state = 'CANCELLED' OR n.failure ->> 'kind' IN ('START_TO_CLOSE_TIMEOUT', 'BY_HAND', 'WITHDRAWN')) AS is_stopped
        FROM old_rows o JOIN new_rows n USING (workflow_id, ordinal) WHERE n.event <> o.event
    ), delivered AS (
        INSERT INTO outbox (list, element, lane)
        SELECT 'ready:' || capability, attempt_ref(workflow_id, ordinal, attempt), lane FROM moved WHERE state = 'READY'
        UNION ALL
        SELECT 'plans', attempt_ref(workflow_id, ordinal, attempt), lane FROM moved WHERE waits_for = 'plan'
        UNION ALL
        SELECT 'engine:' || engine_id, attempt_ref(workflow_id, ordinal, old_attempt), lane FROM moved
        -- A dead engine takes no orders: nobody would remove them.
        WHERE is_stopped AND NOT coalesce((SELECT k.dead_at IS NOT NULL FROM takers k WHERE k.id = engine_id), false)
    )
    INSERT INTO events (workflow_id, number, at, type, task, attempt, worker, failure)
    -- An attempt that is given up for a new one makes two events, unless a pause or the budget comes between.
    SELECT workflow_id, CASE state WHEN 'READY' THEN event - 1 ELSE event END, clock_timestamp(), 'ATTEMPT_FAILED', ordinal,
           old_attempt, old_worker, failure
    FROM moved WHERE old_state = 'RUNNING' AND (state = 'READY' OR waits_for IN ('time', 'budget'))
    UNION ALL
    SELECT workflow_id, event, clock_timestamp(), task_event(state), ordinal, nullif(attempt, 0),
           CASE WHEN state <> 'READY' THEN worker END, CASE WHEN state <> 'READY' THEN failure END
    FROM moved WHERE coalesce(waits_for, '') NOT IN ('time', 'budget') OR old_state <> 'RUNNING';
    RETURN NULL;
END;
$$;
CREATE TRIGGER tasks_updated AFTER UPDATE ON tasks
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION tasks_updated();

-- Whoever was told to begin before another had the key has to hear that it is not his.
CREATE FUNCTION refuse_without_key() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM concurrency_keys k
                   WHERE k.workflow_id = NEW.workflow_id AND k.task = NEW.ordinal AND k.granted_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a task that waits for a key is ready once it holds it' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END;
$$;
CREATE TRIGGER tasks_hold_keys AFTER UPDATE ON tasks FOR EACH ROW
    WHEN (OLD.waits_for = 'key' AND (NEW.state = 'READY' OR NEW.waits_for = 'budget')) EXECUTE FUNCTION refuse_without_key();

-- Keys that are held or waited for by tasks whose work is done; and those who wait for a key that is free. There
-- should be none.
CREATE VIEW orphaned_keys AS
    SELECT k.* FROM concurrency_keys k
    WHERE NOT EXISTS (SELECT FROM tasks t WHERE t.workflow_id = k.workflow_id AND t.ordinal = k.task
                      AND t.state IN ('WAITING', 'READY', 'RUNNING') AND coalesce(t.waits_for, 'time') IN ('time', 'key', 'budget'));
CREATE VIEW idle_keys AS
    SELECT * FROM (SELECT DISTINCT ON (name) * FROM concurrency_keys WHERE granted_at IS NULL ORDER BY name, asked) w
    WHERE w.most > (SELECT count(*) FROM concurrency_keys h WHERE h.name = w.name AND h.granted_at IS NOT NULL);

-- Plans by a language model ----------------------------------------------------------------

-- Whether a language model makes the other plan for which the workflow waits for the nth time.
CREATE FUNCTION is_drafted(workflow uuid, nth integer) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM plannings WHERE id = workflow AND task = -1 AND attempt = nth)
$$;

-- They take their time: on a list of their own they keep nobody waiting.
CREATE FUNCTION plannings_inserted() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox (list, element, lane)
    SELECT 'drafts', CASE WHEN task < 0 AND attempt = 0 THEN id::text ELSE attempt_ref(id, task, attempt) END, lane
    FROM new_rows ORDER BY id, task;
    RETURN NULL;
END;
$$;
CREATE TRIGGER plannings_inserted AFTER INSERT ON plannings
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION plannings_inserted();

-- Signals --------------------------------------------------------------------------------

CREATE FUNCTION signals_inserted() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO events (workflow_id, number, at, type) SELECT workflow_id, event, clock_timestamp(), 'SIGNAL_RECEIVED' FROM new_rows;
    RETURN NULL;
END;
$$;
CREATE TRIGGER signals_inserted AFTER INSERT ON signals
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION signals_inserted();

-- Timers ---------------------------------------------------------------------------------

-- Tells the active persistence service in how many milliseconds it has to wake, at the latest. Always:
-- a timer that is earlier and seen here may be gone before this one is visible.
CREATE FUNCTION timers_armed() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    earliest timestamptz;
BEGIN
    SELECT min(fire_at) INTO earliest FROM new_rows WHERE fired_at IS NULL;
    IF earliest IS NOT NULL THEN
        PERFORM pg_notify('goalpost_timers', ceil(extract(epoch FROM earliest - clock_timestamp()) * 1000)::bigint::text);
    END IF;
    RETURN NULL;
END;
$$;
CREATE TRIGGER timers_inserted AFTER INSERT ON timers
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION timers_armed();
CREATE TRIGGER timers_updated AFTER UPDATE ON timers
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION timers_armed();

-- Timers that have nothing to move: a timer belongs to a task that is open, at the attempt for which it was
-- armed, or to a workflow that runs. There should be none.
CREATE VIEW orphaned_timers AS
    SELECT r.* FROM timers r WHERE CASE WHEN r.task >= 0
        THEN NOT EXISTS (SELECT FROM tasks t WHERE t.workflow_id = r.workflow_id AND t.ordinal = r.task
                         AND t.state IN ('WAITING', 'READY', 'RUNNING') AND t.attempt = r.attempt)
        WHEN r.kind = 'approval'
        THEN NOT EXISTS (SELECT FROM plan_approvals a WHERE a.goal_id = r.workflow_id AND a.state = 'OPEN' AND a.expires_at IS NOT NULL)
        ELSE NOT EXISTS (SELECT FROM workflows w WHERE w.id = r.workflow_id AND w.state IN ('RUNNING', 'PAUSED', 'REPLANNING')) END;

-- Takers ---------------------------------------------------------------------------------

-- Tells the active persistence service whom to watch. Row-level: takers are few and rare.
CREATE FUNCTION takers_registered() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('goalpost_takers', NEW.id::text);
    RETURN NULL;
END;
$$;
CREATE TRIGGER takers_registered AFTER INSERT OR UPDATE OF dead_at ON takers
    FOR EACH ROW WHEN (NEW.dead_at IS NULL) EXECUTE FUNCTION takers_registered();
