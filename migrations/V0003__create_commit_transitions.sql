-- The graph engine's one write: what a batch of events did to any number of workflows, in one
-- round trip and a constant number of statements.
--
-- A workflow's part of the batch is stored only if its history still has the number that the
-- engine's knowledge rests on (`fence_number`); of a workflow to be created, only if it is not
-- there yet. What was stored is answered with the new number; the rest changed nothing.
--
-- Rows are found by their keys, whatever the planner believed when the tables were empty.
CREATE FUNCTION commit_transitions(
    -- New workflows.
    create_id uuid[], create_digest bytea[], create_goal_text text[], create_goal_input json[], create_traceparent text[],
    -- Workflows that exist, and what the engine knows of each.
    fence_id uuid[], fence_number bigint[],
    -- Tasks that come into being.
    new_workflow uuid[], new_ordinal integer[], new_change integer[], new_name text[], new_capability text[],
    new_state text[], new_attempt integer[], new_input json[], new_failure json[], new_unhandled json[], new_taken_edges text[],
    -- Tasks that change.
    set_workflow uuid[], set_ordinal integer[], set_change integer[], set_state text[], set_attempt integer[],
    set_failures integer[], set_output json[], set_failure json[], set_unhandled json[], set_taken_edges text[],
    set_engine uuid[], set_session uuid[], set_worker text[],
    -- Workflows that end.
    end_id uuid[], end_state text[], end_result json[], end_failure json[]
) RETURNS TABLE (id uuid, last_number bigint)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    passed uuid[];
BEGIN
    -- A fence lock that had to wait looks again at the row that it waited for.
    SELECT array_agg(f.id) INTO passed FROM (
        SELECT h.id FROM histories h
        JOIN unnest(fence_id, fence_number) AS f (id, number) ON h.id = f.id AND h.last_number = f.number
        ORDER BY h.id
        FOR UPDATE OF h
    ) f;

    IF cardinality(create_id) > 0 THEN
        WITH created AS (
            INSERT INTO workflows (id, blueprint_digest, goal_text, goal_input, state, traceparent)
            SELECT c.id, c.digest, c.goal_text, c.goal_input, 'RUNNING', c.traceparent
            FROM unnest(create_id, create_digest, create_goal_text, create_goal_input, create_traceparent)
                 AS c (id, digest, goal_text, goal_input, traceparent)
            ORDER BY c.id
            ON CONFLICT DO NOTHING
            RETURNING workflows.id
        )
        SELECT coalesce(passed, '{}') || coalesce(array_agg(created.id), '{}') INTO passed FROM created;
    END IF;

    IF cardinality(set_workflow) > 0 THEN
        UPDATE tasks t SET
            state = s.state, attempt = s.attempt, failures = s.failures, output = s.output, failure = s.failure,
            unhandled = s.unhandled, taken_edges = s.taken_edges::integer[], change = s.change,
            engine_id = coalesce(s.engine, t.engine_id), session_id = coalesce(s.session, t.session_id),
            worker = coalesce(s.worker, t.worker),
            started_at = CASE WHEN s.state = 'RUNNING' THEN clock_timestamp() ELSE t.started_at END,
            ended_at = CASE WHEN s.state NOT IN ('READY', 'RUNNING') THEN clock_timestamp() END
        FROM unnest(set_workflow, set_ordinal, set_change, set_state, set_attempt, set_failures, set_output, set_failure,
                    set_unhandled, set_taken_edges, set_engine, set_session, set_worker)
             AS s (workflow, ordinal, change, state, attempt, failures, output, failure, unhandled, taken_edges, engine, session, worker)
        WHERE t.workflow_id = s.workflow AND t.ordinal = s.ordinal AND s.workflow = ANY (passed);
    END IF;

    IF cardinality(new_workflow) > 0 THEN
        INSERT INTO tasks (workflow_id, ordinal, name, capability, state, attempt, failures, input, failure, unhandled,
                           taken_edges, change, ended_at)
        SELECT n.workflow, n.ordinal, n.name, n.capability, n.state, n.attempt, 0, n.input, n.failure, n.unhandled,
               n.taken_edges::integer[], n.change, CASE WHEN n.state <> 'READY' THEN clock_timestamp() END
        FROM unnest(new_workflow, new_ordinal, new_change, new_name, new_capability, new_state, new_attempt, new_input,
                    new_failure, new_unhandled, new_taken_edges)
             AS n (workflow, ordinal, change, name, capability, state, attempt, input, failure, unhandled, taken_edges)
        WHERE n.workflow = ANY (passed);
    END IF;

    IF cardinality(end_id) > 0 THEN
        UPDATE workflows w SET state = e.state, result = e.result, failure = e.failure, ended_at = clock_timestamp()
        FROM unnest(end_id, end_state, end_result, end_failure) AS e (id, state, result, failure)
        WHERE w.id = e.id AND w.id = ANY (passed);
    END IF;

    RETURN QUERY SELECT h.id, h.last_number FROM histories h WHERE h.id = ANY (passed);
END;
$$;
