-- Goals end as their workflows do, are open again once these were retried, and run what these run. Called by the decision group for
-- whatever has moved, as often as it is told.

-- Whether the goal has ended since its workflow made its last event. By the numbers of the history: a clock may
-- be set back.
CREATE FUNCTION is_settled(goal uuid, workflow_event bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM events WHERE workflow_id = goal AND number > workflow_event
                   AND type IN ('GOAL_SUCCEEDED', 'GOAL_FAILED', 'GOAL_CANCELLED'))
$$;

-- Whether the goal's workflow has ended and was retried since the goal is open.
CREATE FUNCTION was_retried(goal uuid) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM events WHERE workflow_id = goal
                   AND type IN ('WORKFLOW_SUCCEEDED', 'WORKFLOW_FAILED', 'WORKFLOW_CANCELLED')
                   AND number > (SELECT max(number) FROM events WHERE workflow_id = goal
                                 AND type IN ('GOAL_PLANNED', 'GOAL_RETRIED')))
$$;

-- Answers with how many goals were opened or ended. A workflow may have been retried, and even have ended again,
-- before anybody comes to tell its goal: such a goal is opened and ended at once.
CREATE FUNCTION settle_goals(ids uuid[]) RETURNS bigint
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    opened bigint;
    ended  bigint;
BEGIN
    -- First: who had to wait for somebody else who settles looks at workflows as they are afterwards. A statement
    -- that waits at its own rows would still see them as they were before.
    PERFORM FROM goals WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;

    UPDATE goals g SET state = 'RUNNING', result = NULL, failure = NULL, ended_at = NULL, cancel_reason = NULL
    FROM workflows w
    WHERE w.id = g.id AND g.id = ANY (ids) AND g.state IN ('FAILED', 'CANCELLED')
      AND (is_open(w.state) OR w.state <> g.state OR NOT is_settled(g.id, w.event));
    GET DIAGNOSTICS opened = ROW_COUNT;

    -- Retried before anybody told the goal of its end: whoever wished that end has had it.
    UPDATE goals g SET cancel_reason = NULL
    FROM workflows w
    WHERE w.id = g.id AND g.id = ANY (ids) AND g.state = 'RUNNING' AND g.cancel_reason IS NOT NULL
      AND is_open(w.state) AND was_retried(g.id);

    -- A workflow that was extended runs another blueprint than was planned.
    WITH extended AS (
        UPDATE goals g SET blueprint_digest = w.blueprint_digest
        FROM workflows w WHERE w.id = g.id AND g.id = ANY (ids) AND g.blueprint_digest <> w.blueprint_digest
        RETURNING g.id, g.blueprint_digest
    )
    INSERT INTO decisions (goal_id, verdict, decided_by, reason)
    SELECT id, 'extend', 'caller', 'tasks were added: it runs blueprint ' || encode(blueprint_digest, 'hex') FROM extended e
    -- Another plan was decided on before.
    WHERE NOT EXISTS (SELECT FROM decisions d WHERE d.goal_id = e.id AND d.verdict = 'replan' AND d.blueprint_digest = e.blueprint_digest);

    UPDATE goals g SET state = w.state, result = w.result, failure = w.failure, ended_at = clock_timestamp()
    FROM workflows w WHERE w.id = g.id AND g.id = ANY (ids) AND g.state = 'RUNNING' AND NOT is_open(w.state);
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN opened + ended;
END;
$$;
