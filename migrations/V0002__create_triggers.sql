-- Every change of state makes its event, its outbox row and its notification here, in the
-- transaction that changes the state, so that no code path can forget one of them.
-- All triggers are statement-level: a batch of any size costs a constant number of statements.

-- Tables of changed rows and unnested arrays have no statistics, and without help the planner
-- joins them row by row: a batch of a thousand would cost a million comparisons. So these
-- functions join by hash.

-- One event to be recorded. `place` orders the events of one history within a statement.
CREATE TYPE new_event AS (
    history uuid,
    place   integer,
    type    text,
    task    integer,
    attempt integer,
    worker  text,
    failure json
);

-- Numbers events without gaps and stores them; tells those who watch the histories.
-- The row of `histories` is locked by the update until the transaction ends, so numbers are
-- given in commit order. Rows are locked in the order of their ids: no deadlock.
CREATE FUNCTION record_events(batch new_event[]) RETURNS void
LANGUAGE plpgsql SET enable_hashjoin = on SET enable_nestloop = off SET enable_mergejoin = off AS $$
DECLARE
    hint text;
BEGIN
    IF coalesce(cardinality(batch), 0) = 0 THEN
        RETURN;
    END IF;
    WITH fresh AS MATERIALIZED (
        SELECT * FROM unnest(batch)
    ), counted AS (
        SELECT history, count(*) AS events FROM fresh GROUP BY history ORDER BY history
    ), bumped AS (
        INSERT INTO histories AS h (id, last_number)
        SELECT history, events FROM counted
        ON CONFLICT (id) DO UPDATE SET last_number = h.last_number + excluded.last_number
        RETURNING h.id, h.last_number
    )
    INSERT INTO events (workflow_id, number, at, type, task, attempt, worker, failure)
    SELECT f.history,
           b.last_number - c.events + row_number() OVER (PARTITION BY f.history ORDER BY f.place),
           clock_timestamp(), f.type, f.task, f.attempt, f.worker, f.failure
    FROM fresh f
    JOIN bumped b ON b.id = f.history
    JOIN counted c ON c.history = f.history;

    SELECT string_agg(DISTINCT history::text, ',') INTO hint FROM unnest(batch);
    PERFORM pg_notify('goalpost_history', CASE WHEN length(hint) < 7900 THEN hint ELSE '*' END);
END;
$$;

-- Queues elements for Redis lists and rings the relay once. The payload carries the rows
-- themselves where they fit, so that the relay can deliver without reading them.
CREATE FUNCTION queue_deliveries(lists text[], elements text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    hint text;
BEGIN
    IF coalesce(cardinality(lists), 0) = 0 THEN
        RETURN;
    END IF;
    WITH queued AS (
        INSERT INTO outbox (list, element)
        SELECT * FROM unnest(lists, elements)
        RETURNING id, list, element
    )
    SELECT string_agg(id || ' ' || list || ' ' || element, E'\n' ORDER BY id) INTO hint FROM queued;
    PERFORM pg_notify('goalpost_outbox', CASE WHEN octet_length(hint) < 7900 THEN hint ELSE '*' END);
END;
$$;

-- Goals ----------------------------------------------------------------------------------

CREATE FUNCTION goals_inserted() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM record_events(array_agg(ROW(id, 0, 'GOAL_SUBMITTED', NULL, NULL, NULL, NULL)::new_event)) FROM new_rows;
    PERFORM queue_deliveries(array_agg('goals'::text ORDER BY id), array_agg(id::text ORDER BY id)) FROM new_rows;
    RETURN NULL;
END;
$$;
CREATE TRIGGER goals_inserted AFTER INSERT ON goals
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION goals_inserted();

CREATE FUNCTION goals_updated() RETURNS trigger
LANGUAGE plpgsql SET enable_hashjoin = on SET enable_nestloop = off SET enable_mergejoin = off AS $$
BEGIN
    IF EXISTS (SELECT FROM old_rows o JOIN new_rows n USING (id)
               WHERE o.state <> n.state AND NOT (o.state = 'SUBMITTED' OR (o.state = 'RUNNING' AND n.state <> 'SUBMITTED'))) THEN
        RAISE EXCEPTION 'a goal that has ended stays as it is' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    PERFORM record_events(array_agg(ROW(
        n.id, 0,
        CASE n.state WHEN 'RUNNING' THEN 'GOAL_PLANNED' ELSE 'GOAL_' || n.state END,
        NULL, NULL, NULL, n.failure)::new_event))
    FROM old_rows o JOIN new_rows n USING (id) WHERE o.state <> n.state;
    RETURN NULL;
END;
$$;
CREATE TRIGGER goals_updated AFTER UPDATE ON goals
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION goals_updated();

-- Workflows ------------------------------------------------------------------------------

CREATE FUNCTION workflows_inserted() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM record_events(array_agg(ROW(id, 0, 'WORKFLOW_STARTED', NULL, NULL, NULL, NULL)::new_event)) FROM new_rows;
    RETURN NULL;
END;
$$;
CREATE TRIGGER workflows_inserted AFTER INSERT ON workflows
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION workflows_inserted();

CREATE FUNCTION workflows_updated() RETURNS trigger
LANGUAGE plpgsql SET enable_hashjoin = on SET enable_nestloop = off SET enable_mergejoin = off AS $$
BEGIN
    IF EXISTS (SELECT FROM old_rows o JOIN new_rows n USING (id) WHERE o.state <> n.state AND o.state <> 'RUNNING') THEN
        RAISE EXCEPTION 'a workflow that has ended stays as it is' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    PERFORM record_events(array_agg(ROW(n.id, 0, 'WORKFLOW_' || n.state, NULL, NULL, NULL, n.failure)::new_event))
    FROM old_rows o JOIN new_rows n USING (id) WHERE o.state <> n.state;
    -- The decision group settles the goal.
    PERFORM queue_deliveries(array_agg('outcomes'::text ORDER BY n.id), array_agg(n.id::text ORDER BY n.id))
    FROM old_rows o JOIN new_rows n USING (id) WHERE o.state <> n.state;
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
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT workflow || ':' || task || ':' || attempt
$$;

CREATE FUNCTION tasks_inserted() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM record_events(array_agg(ROW(
        workflow_id, change, task_event(state), ordinal, nullif(attempt, 0), NULL, failure)::new_event))
    FROM new_rows;
    PERFORM queue_deliveries(
        array_agg('ready:' || capability ORDER BY change),
        array_agg(attempt_ref(workflow_id, ordinal, attempt) ORDER BY change))
    FROM new_rows WHERE state = 'READY';
    RETURN NULL;
END;
$$;
CREATE TRIGGER tasks_inserted AFTER INSERT ON tasks
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION tasks_inserted();

CREATE FUNCTION tasks_updated() RETURNS trigger
LANGUAGE plpgsql SET enable_hashjoin = on SET enable_nestloop = off SET enable_mergejoin = off AS $$
BEGIN
    IF EXISTS (SELECT FROM old_rows o JOIN new_rows n USING (workflow_id, ordinal)
               WHERE (o.state <> n.state OR o.attempt <> n.attempt)
                 AND NOT (o.state = 'READY' AND n.state IN ('RUNNING', 'CANCELLED') AND n.attempt = o.attempt
                      OR o.state = 'RUNNING' AND n.state IN ('SUCCEEDED', 'FAILED', 'CANCELLED') AND n.attempt = o.attempt
                      OR o.state = 'RUNNING' AND n.state = 'READY' AND n.attempt = o.attempt + 1)) THEN
        RAISE EXCEPTION 'a task moves from READY to RUNNING to its end, and back to READY only under a new attempt'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    -- An attempt that is given up for a new one makes two events.
    PERFORM record_events(array_agg(e.event)) FROM (
        SELECT ROW(n.workflow_id, n.change * 2, 'ATTEMPT_FAILED', n.ordinal, o.attempt, o.worker, n.failure)::new_event AS event
        FROM old_rows o JOIN new_rows n USING (workflow_id, ordinal) WHERE n.attempt > o.attempt
        UNION ALL
        SELECT ROW(n.workflow_id, n.change * 2 + 1, task_event(n.state), n.ordinal, nullif(n.attempt, 0),
                   CASE WHEN n.state <> 'READY' THEN n.worker END, CASE WHEN n.state <> 'READY' THEN n.failure END)::new_event
        FROM old_rows o JOIN new_rows n USING (workflow_id, ordinal)
        WHERE n.state <> o.state
    ) e;
    PERFORM queue_deliveries(array_agg(d.list ORDER BY d.change), array_agg(d.element ORDER BY d.change)) FROM (
        SELECT n.change, 'ready:' || n.capability AS list, attempt_ref(n.workflow_id, n.ordinal, n.attempt) AS element
        FROM old_rows o JOIN new_rows n USING (workflow_id, ordinal)
        WHERE n.state = 'READY' AND n.attempt > o.attempt
        UNION ALL
        -- The engine that runs a cancelled attempt tells its worker.
        SELECT n.change, 'engine:' || o.engine_id, attempt_ref(n.workflow_id, n.ordinal, o.attempt)
        FROM old_rows o JOIN new_rows n USING (workflow_id, ordinal)
        WHERE n.state = 'CANCELLED' AND o.state = 'RUNNING' AND o.engine_id IS NOT NULL
    ) d;
    RETURN NULL;
END;
$$;
CREATE TRIGGER tasks_updated AFTER UPDATE ON tasks
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION tasks_updated();

-- Takers ---------------------------------------------------------------------------------

-- Tells the active persistence service whom to watch. Row-level: takers are few and rare.
CREATE FUNCTION takers_registered() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('goalpost_takers', NEW.id::text);
    RETURN NULL;
END;
$$;
CREATE TRIGGER takers_registered AFTER INSERT OR UPDATE ON takers
    FOR EACH ROW WHEN (NEW.dead_at IS NULL) EXECUTE FUNCTION takers_registered();
