-- An engine that was found dead gives nothing out and adopts nothing any more, though it lives: nobody watches
-- it, and what it had may have been given to others. It waits until it is registered again.
CREATE FUNCTION refuse_dead(engines uuid[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM takers WHERE id = ANY (engines) AND dead_at IS NOT NULL) THEN
        RAISE EXCEPTION 'the engine was found dead and is not registered again yet' USING ERRCODE = '57P03';
    END IF;
END;
$$;

-- The graph engine's one write: what a batch of events did to any number of workflows, in one
-- round trip and a constant number of statements.
--
-- A workflow's part of the batch is stored only if its history still has the number that the
-- engine's knowledge rests on (`fence_number`); of a workflow to be created, only if it has not
-- begun yet. Answers for each workflow, those to be created first, with the number that its history had
-- before, or -1 if nothing of it was stored.
--
-- The other rows name their workflow by its place among these, from 1, and their event by its
-- offset from that number. Both arrays of workflows are sorted by id: rows are locked in one order.
--
-- Rows are found by their keys, whatever the planner believes while the tables are empty, and plans
-- are made once, whatever the first batches look like.
CREATE FUNCTION commit_transitions(
    -- New workflows, and how many events each gets.
    create_id uuid[], create_events integer[], create_digest bytea[], create_goal_text text[], create_goal_input json[],
    create_traceparent text[], create_lane text[], create_budget json[], create_spent_before json[],
    -- Workflows that exist, what the engine knows of each, and how many events each gets.
    fence_id uuid[], fence_number bigint[], fence_events integer[],
    -- Tasks that come into being.
    new_place integer[], new_ordinal integer[], new_event integer[], new_name text[], new_capability text[],
    new_state text[], new_attempt integer[], new_input json[], new_output json[], new_failure json[], new_unhandled json[],
    new_taken_edges text[], new_lane text[], new_waits_for text[], new_body_first integer[], new_body_count integer[],
    -- Tasks that change.
    set_place integer[], set_ordinal integer[], set_event integer[], set_state text[], set_attempt integer[],
    set_failures integer[], set_output json[], set_failure json[], set_unhandled json[], set_taken_edges text[],
    set_engine uuid[], set_session uuid[], set_worker text[], set_waits_for text[], set_spent text[],
    -- What changes of a task that begins once more, because its workflow was retried.
    set_input json[], set_body_first integer[], set_body_count integer[],
    -- Tasks that begin to be undone, and by which.
    undo_place integer[], undo_task integer[], undo_by integer[],
    -- Tasks whose graph came up, where it is, and what it is.
    expand_place integer[], expand_task integer[], expand_first integer[], expand_digest bytea[], expand_spent text[],
    -- Tasks that ask for a key, and tasks that need theirs no more.
    key_place integer[], key_task integer[], key_attempt integer[], key_name text[], key_most integer[], key_lane text[],
    free_place integer[], free_task integer[],
    -- Signals that come, and signals that came before and are taken.
    signal_place integer[], signal_event integer[], signal_at integer[], signal_id text[], signal_name text[],
    signal_payload json[], signal_taken_by integer[],
    taken_place integer[], taken_at integer[], taken_task integer[],
    -- Workflows whose state changes.
    move_place integer[], move_event integer[], move_state text[], move_result json[], move_failure json[],
    -- Timers that are armed: at a time, or after some milliseconds; and those that go.
    arm_place integer[], arm_task integer[], arm_attempt integer[], arm_kind text[], arm_after_ms bigint[], arm_at timestamptz[],
    disarm_place integer[], disarm_task integer[],
    -- Workflows that are extended: by which blueprint, and the place and the ordinal of the first task that is added.
    extend_place integer[], extend_event integer[], extend_digest bytea[], extend_at integer[], extend_first integer[],
    extend_spent_before json[],
    -- Tasks to which edges were added after their ends.
    link_place integer[], link_task integer[], link_taken_edges text[], link_unhandled json[],
    -- Workflows that have another budget.
    fund_place integer[], fund_event integer[], fund_budget json[]
) RETURNS bigint[]
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan
SET goalpost.looks_for_gaps_itself = on AS $$
DECLARE
    ids        uuid[] := create_id || fence_id;
    bases      bigint[] := '{}';
    passed_id  uuid[];
    passed     bigint[];
    key_names  text[];
BEGIN
    IF array_remove(set_engine, NULL) <> '{}' THEN
        PERFORM refuse_dead(set_engine);
    END IF;

    IF cardinality(create_id) > 0 THEN
        WITH drawn AS (
            INSERT INTO histories AS h (id, last_number, begun)
            SELECT c.id, c.events, true FROM unnest(create_id, create_events) AS c (id, events)
            ON CONFLICT (id) DO UPDATE SET last_number = h.last_number + excluded.last_number, begun = true WHERE NOT h.begun
            RETURNING h.id, h.last_number
        )
        SELECT array_agg(d.id), array_agg(d.last_number) INTO passed_id, passed FROM drawn d;
        SELECT array_agg(coalesce(p.number - p.events, -1) ORDER BY p.place) INTO bases
        FROM place_numbers(create_id, create_events, passed_id, passed) p;

        INSERT INTO workflows (id, blueprint_digest, goal_text, goal_input, lane, state, traceparent, budget, spent_before, event)
        SELECT c.id, c.digest, c.goal_text, c.goal_input, c.lane, 'RUNNING', c.traceparent, c.budget, c.spent_before, bases[c.place] + 1
        FROM unnest(create_id, create_digest, create_goal_text, create_goal_input, create_traceparent, create_lane, create_budget,
                    create_spent_before)
             WITH ORDINALITY AS c (id, digest, goal_text, goal_input, traceparent, lane, budget, spent_before, place)
        WHERE bases[c.place] >= 0;
    END IF;

    IF cardinality(fence_id) = 1 THEN
        -- What is most frequent while somebody waits, and needs no join.
        UPDATE histories SET last_number = last_number + fence_events[1]
        WHERE id = fence_id[1] AND last_number = fence_number[1];
        bases := bases || CASE WHEN FOUND THEN fence_number[1] ELSE -1 END;
    ELSIF cardinality(fence_id) > 1 THEN
        -- A row that had to be waited for is looked at again.
        WITH drawn AS (
            UPDATE histories h SET last_number = h.last_number + f.events
            FROM unnest(fence_id, fence_number, fence_events) AS f (id, number, events)
            WHERE h.id = f.id AND h.last_number = f.number
            RETURNING h.id, h.last_number
        )
        SELECT array_agg(d.id), array_agg(d.last_number) INTO passed_id, passed FROM drawn d;
        IF cardinality(passed_id) = cardinality(fence_id) THEN
            bases := bases || fence_number;
        ELSE
            bases := bases || (
                SELECT array_agg(coalesce(p.number - p.events, -1) ORDER BY p.place)
                FROM place_numbers(fence_id, fence_events, passed_id, passed) p);
        END IF;
    END IF;

    IF cardinality(fund_place) > 0 THEN
        -- First, since it may go on, and end, by it.
        UPDATE workflows w SET budget = f.budget, event = bases[f.place] + f.event
        FROM unnest(fund_place, fund_event, fund_budget) AS f (place, event, budget)
        WHERE w.id = ids[f.place] AND bases[f.place] >= 0;
    END IF;

    IF 'RUNNING' = ANY (move_state) THEN
        -- Only what is retried leaves its end.
        PERFORM set_config('goalpost.retries', 'on', true);
        -- First, since it may end at once.
        UPDATE workflows w SET state = 'RUNNING', result = NULL, failure = NULL, event = bases[m.place] + m.event, ended_at = NULL
        FROM unnest(move_place, move_event, move_state) AS m (place, event, state)
        WHERE m.state = 'RUNNING' AND w.id = ids[m.place] AND bases[m.place] >= 0;
    END IF;

    IF cardinality(extend_place) > 0 THEN
        -- First, since it may end at once.
        UPDATE workflows w SET
            blueprint_digest = e.digest, added_tasks = w.added_tasks || ARRAY[e.at, e.first], spent_before = e.spent_before,
            event = bases[e.place] + e.event
        FROM unnest(extend_place, extend_event, extend_digest, extend_at, extend_first, extend_spent_before)
             AS e (place, event, digest, at, first, spent_before)
        WHERE w.id = ids[e.place] AND bases[e.place] >= 0;
    END IF;

    IF cardinality(link_place) > 0 THEN
        UPDATE tasks t SET taken_edges = l.taken_edges::integer[], unhandled = l.unhandled
        FROM unnest(link_place, link_task, link_taken_edges, link_unhandled) AS l (place, task, taken_edges, unhandled)
        WHERE t.workflow_id = ids[l.place] AND t.ordinal = l.task AND bases[l.place] >= 0;
    END IF;

    IF cardinality(set_place) > 0 THEN
        UPDATE tasks t SET
            state = s.state, attempt = s.attempt, failures = s.failures, output = s.output, failure = s.failure,
            unhandled = s.unhandled, taken_edges = s.taken_edges::integer[], event = bases[s.place] + s.event,
            engine_id = coalesce(s.engine, t.engine_id), session_id = coalesce(s.session, t.session_id),
            worker = coalesce(s.worker, t.worker), waits_for = s.waits_for,
            spent = s.spent::bigint[],
            input = CASE WHEN s.state <> 'PENDING' THEN coalesce(s.input, t.input) END, body_first = coalesce(s.body_first, t.body_first),
            body_count = coalesce(s.body_count, t.body_count),
            body_digest = CASE WHEN s.state NOT IN ('PENDING', 'READY') THEN t.body_digest END,
            undo = CASE WHEN s.state NOT IN ('PENDING', 'READY') THEN t.undo END,
            started_at = CASE WHEN s.state = 'RUNNING' THEN clock_timestamp() ELSE t.started_at END,
            ended_at = CASE WHEN s.state NOT IN ('PENDING', 'WAITING', 'READY', 'RUNNING') THEN clock_timestamp() END
        FROM unnest(set_place, set_ordinal, set_event, set_state, set_attempt, set_failures, set_output, set_failure,
                    set_unhandled, set_taken_edges, set_engine, set_session, set_worker, set_waits_for,
                    set_spent, set_input, set_body_first, set_body_count)
             AS s (place, ordinal, event, state, attempt, failures, output, failure, unhandled, taken_edges, engine, session, worker, waits_for,
                   spent, input, body_first, body_count)
        WHERE t.workflow_id = ids[s.place] AND t.ordinal = s.ordinal AND bases[s.place] >= 0;
    END IF;

    IF cardinality(new_place) > 0 THEN
        INSERT INTO tasks (workflow_id, ordinal, name, capability, lane, state, attempt, failures, input, output, failure, unhandled,
                           taken_edges, waits_for, body_first, body_count, event, ended_at)
        SELECT ids[n.place], n.ordinal, n.name, n.capability, n.lane, n.state, n.attempt, 0, n.input, n.output, n.failure,
               n.unhandled, n.taken_edges::integer[], n.waits_for, n.body_first, n.body_count, bases[n.place] + n.event,
               CASE WHEN n.state NOT IN ('WAITING', 'READY') THEN clock_timestamp() END
        FROM unnest(new_place, new_ordinal, new_event, new_name, new_capability, new_state, new_attempt, new_input,
                    new_output, new_failure, new_unhandled, new_taken_edges, new_lane, new_waits_for, new_body_first, new_body_count)
             AS n (place, ordinal, event, name, capability, state, attempt, input, output, failure, unhandled, taken_edges, lane, waits_for,
                   body_first, body_count)
        WHERE bases[n.place] >= 0;
    END IF;

    IF cardinality(undo_place) > 0 THEN
        UPDATE tasks t SET undo = u.by FROM unnest(undo_place, undo_task, undo_by) AS u (place, task, by)
        WHERE t.workflow_id = ids[u.place] AND t.ordinal = u.task AND bases[u.place] >= 0;
    END IF;

    IF cardinality(expand_place) > 0 THEN
        UPDATE tasks t SET
            body_first = e.first, body_count = 1, body_digest = e.digest, spent = e.spent::bigint[], output = CASE t.state WHEN 'WAITING' THEN NULL ELSE t.output END,
            waits_for = CASE t.state WHEN 'WAITING' THEN 'body' END
        FROM unnest(expand_place, expand_task, expand_first, expand_digest, expand_spent) AS e (place, task, first, digest, spent)
        WHERE t.workflow_id = ids[e.place] AND t.ordinal = e.task AND bases[e.place] >= 0;
    END IF;

    IF cardinality(signal_place) > 0 THEN
        INSERT INTO signals (workflow_id, place, id, name, payload, event, taken_by)
        SELECT ids[s.place], s.at, s.id, s.name, s.payload, bases[s.place] + s.event, s.taken_by
        FROM unnest(signal_place, signal_event, signal_at, signal_id, signal_name, signal_payload, signal_taken_by)
             AS s (place, event, at, id, name, payload, taken_by)
        WHERE bases[s.place] >= 0;
    END IF;

    IF cardinality(taken_place) > 0 THEN
        UPDATE signals s SET taken_by = t.task FROM unnest(taken_place, taken_at, taken_task) AS t (place, at, task)
        WHERE s.workflow_id = ids[t.place] AND s.place = t.at AND bases[t.place] >= 0;
    END IF;

    IF array_remove(move_state, 'RUNNING') <> '{}' THEN
        UPDATE workflows w SET
            state = m.state, result = m.result, failure = m.failure, event = bases[m.place] + m.event,
            replans = w.replans + CASE m.state WHEN 'REPLANNING' THEN 1 ELSE 0 END,
            ended_at = CASE WHEN NOT is_open(m.state) THEN clock_timestamp() END
        FROM unnest(move_place, move_event, move_state, move_result, move_failure) AS m (place, event, state, result, failure)
        WHERE m.state <> 'RUNNING' AND w.id = ids[m.place] AND bases[m.place] >= 0;
    END IF;

    IF cardinality(disarm_place) > 0 THEN
        DELETE FROM timers t USING unnest(disarm_place, disarm_task) AS d (place, task)
        WHERE t.workflow_id = ids[d.place] AND t.task = d.task AND bases[d.place] >= 0;
    END IF;

    IF cardinality(arm_place) > 0 THEN
        INSERT INTO timers (workflow_id, task, attempt, kind, fire_at)
        SELECT ids[a.place], a.task, a.attempt, a.kind, coalesce(a.at, CASE a.kind
            -- From its beginning, however often it is armed.
            WHEN 'wall_time' THEN (SELECT w.created_at FROM workflows w WHERE w.id = ids[a.place])
            ELSE clock_timestamp() END + a.after_ms * interval '1 millisecond')
        FROM unnest(arm_place, arm_task, arm_attempt, arm_kind, arm_after_ms, arm_at) AS a (place, task, attempt, kind, after_ms, at)
        WHERE bases[a.place] >= 0
        ON CONFLICT (workflow_id, task) DO UPDATE SET
            attempt = excluded.attempt, kind = excluded.kind, fire_at = excluded.fire_at, fired_at = NULL;
    END IF;

    IF cardinality(key_place) > 0 OR cardinality(free_place) > 0 THEN
        SELECT array_agg(DISTINCT n.name) INTO key_names FROM (
            SELECT k.name FROM unnest(free_place, free_task) AS f (place, task)
            JOIN concurrency_keys k ON k.workflow_id = ids[f.place] AND k.task = f.task WHERE bases[f.place] >= 0
            UNION ALL
            SELECT k.name FROM unnest(key_place, key_name) AS k (place, name) WHERE bases[k.place] >= 0
        ) n;
        -- Before the rows of those keys: whoever hands a key on changes rows of others.
        PERFORM lock_keys(key_names);
        DELETE FROM concurrency_keys k USING unnest(free_place, free_task) AS f (place, task)
        WHERE k.workflow_id = ids[f.place] AND k.task = f.task AND bases[f.place] >= 0;
        INSERT INTO concurrency_keys (workflow_id, task, attempt, name, most, lane)
        SELECT ids[k.place], k.task, k.attempt, k.name, k.most, k.lane
        FROM unnest(key_place, key_task, key_attempt, key_name, key_most, key_lane)
             WITH ORDINALITY AS k (place, task, attempt, name, most, lane, at)
        WHERE bases[k.place] >= 0 ORDER BY k.at;
        PERFORM grant_keys(key_names);
    END IF;

    -- Every number that was drawn was used, and the one before is there.
    IF cardinality(ids) = 1 THEN
        IF bases[1] >= 0 THEN
            PERFORM refuse_gaps(ids, ARRAY[greatest(bases[1], 1)], ARRAY[bases[1] + (create_events || fence_events)[1]]);
        END IF;
    ELSE
        PERFORM refuse_gaps(array_agg(w.id), array_agg(greatest(w.base, 1)), array_agg(w.base + w.events))
        FROM unnest(ids, bases, create_events || fence_events) AS w (id, base, events) WHERE w.base >= 0;
    END IF;

    RETURN bases;
END;
$$;

-- One transaction at a time hands a key on. In one order, so that none waits for another that waits for it.
CREATE FUNCTION lock_keys(names text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    lock bigint;
BEGIN
    FOR lock IN SELECT DISTINCT hashtextextended(n, 7) FROM unnest(names) AS n ORDER BY 1 LOOP
        PERFORM pg_advisory_xact_lock(lock);
    END LOOP;
END;
$$;

-- Gives keys to those who have waited longest, as far as there is room, and tells engines so. The keys are locked.
CREATE FUNCTION grant_keys(names text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    -- Until nobody gets one: those behind the first may be content with less room than he, or need more.
    LOOP
        WITH first AS (
            SELECT n.name, f.most - h.holders AS room, h.holders FROM (SELECT DISTINCT unnest(names) AS name) n, LATERAL (
                SELECT count(*) AS holders FROM concurrency_keys k WHERE k.name = n.name AND k.granted_at IS NOT NULL
            ) h, LATERAL (
                SELECT most FROM concurrency_keys k WHERE k.name = n.name AND k.granted_at IS NULL ORDER BY asked LIMIT 1
            ) f WHERE f.most > h.holders
        ), next AS (
            SELECT n.*, f.name, n.most - f.holders >= row_number() OVER (PARTITION BY f.name ORDER BY n.asked) AS fits
            FROM first f, LATERAL (
                SELECT workflow_id, task, most, asked FROM concurrency_keys k
                WHERE k.name = f.name AND k.granted_at IS NULL ORDER BY asked LIMIT f.room
            ) n
        ), served AS (
            -- Nobody is passed over.
            SELECT workflow_id, task, bool_and(fits) OVER (PARTITION BY name ORDER BY asked) AS fits FROM next
        ), granted AS (
            UPDATE concurrency_keys k SET granted_at = clock_timestamp() FROM served s
            WHERE k.workflow_id = s.workflow_id AND k.task = s.task AND s.fits
            RETURNING k.workflow_id, k.task, k.attempt, k.lane
        )
        INSERT INTO outbox (list, element, lane) SELECT 'keys', attempt_ref(workflow_id, task, attempt), lane FROM granted;
        EXIT WHEN NOT FOUND;
    END LOOP;
END;
$$;

-- Puts the numbers of some ids beside all of them, by sorting: a join would compare each with each.
CREATE FUNCTION place_numbers(ids uuid[], events integer[], some_ids uuid[], numbers bigint[])
RETURNS TABLE (place bigint, events integer, number bigint)
LANGUAGE sql IMMUTABLE AS $$
    SELECT max(place), max(events), max(number) FROM (
        SELECT id, place, events, NULL::bigint AS number FROM unnest(ids, events) WITH ORDINALITY AS a (id, events, place)
        UNION ALL
        SELECT id, NULL, NULL, number FROM unnest(some_ids, numbers) AS s (id, number)
    ) b GROUP BY id
$$;

-- Makes an engine the one that answers for the attempts that a session holds, and says which of them still run.
CREATE FUNCTION adopt_attempts(engine uuid, session uuid, workflows uuid[], names text[], attempts integer[])
RETURNS TABLE (workflow_id uuid, ordinal integer, attempt integer, name text)
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    PERFORM refuse_dead(ARRAY[engine]);
    RETURN QUERY
        UPDATE tasks t SET engine_id = engine
        FROM unnest(workflows, names, attempts) AS held (workflow, name, attempt)
        WHERE t.workflow_id = held.workflow AND t.name = held.name AND t.attempt = held.attempt
          AND t.session_id = session AND t.state = 'RUNNING'
        RETURNING t.workflow_id, t.ordinal, t.attempt, t.name;
END;
$$;
