-- Principals decide on plans. Everything here is called by the decision group; each takes the goal's row first, so
-- that whoever decides at the same time waits here and sees what the other did.

-- What somebody decided is an event. What else is decided comes with an event of its goal or workflow.
CREATE FUNCTION decisions_inserted() RETURNS trigger
LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM new_rows WHERE verdict IN ('approve', 'reject', 'edit', 'expire')) THEN
        RETURN NULL;
    END IF;
    WITH made AS MATERIALIZED (
        SELECT goal_id, number, row_number() OVER (PARTITION BY goal_id ORDER BY number) AS place,
               count(*) OVER (PARTITION BY goal_id) AS size
        FROM new_rows WHERE verdict IN ('approve', 'reject', 'edit', 'expire')
    ), drawn AS (
        UPDATE histories h SET last_number = h.last_number + m.size
        FROM (SELECT DISTINCT goal_id, size FROM made ORDER BY goal_id) m WHERE h.id = m.goal_id
        RETURNING h.id, h.last_number
    )
    INSERT INTO events (workflow_id, number, at, type, decision)
    SELECT m.goal_id, d.last_number - m.size + m.place, clock_timestamp(), 'DECISION_MADE', m.number
    FROM made m JOIN drawn d ON d.id = m.goal_id;
    RETURN NULL;
END;
$$;
CREATE TRIGGER decisions_inserted AFTER INSERT ON decisions
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION decisions_inserted();

-- Each goal has one timer: of the open approval whose deadline comes first.
CREATE FUNCTION plan_approvals_changed() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    ids uuid[] := ARRAY(SELECT DISTINCT goal_id FROM new_rows);
BEGIN
    DELETE FROM timers t WHERE t.workflow_id = ANY (ids) AND t.task = -2
        AND NOT EXISTS (SELECT FROM plan_approvals a WHERE a.goal_id = t.workflow_id AND a.state = 'OPEN' AND a.expires_at IS NOT NULL);
    INSERT INTO timers (workflow_id, task, attempt, kind, fire_at)
    SELECT goal_id, -2, 0, 'approval', min(expires_at) FROM plan_approvals
    WHERE goal_id = ANY (ids) AND state = 'OPEN' AND expires_at IS NOT NULL GROUP BY goal_id
    ON CONFLICT (workflow_id, task) DO UPDATE SET fire_at = excluded.fire_at, fired_at = NULL;
    RETURN NULL;
END;
$$;
CREATE TRIGGER plan_approvals_inserted AFTER INSERT ON plan_approvals
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION plan_approvals_changed();
CREATE TRIGGER plan_approvals_updated AFTER UPDATE ON plan_approvals
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION plan_approvals_changed();

CREATE TRIGGER plan_approvals_stay AFTER UPDATE ON plan_approvals FOR EACH ROW
    WHEN (OLD.state <> 'OPEN' AND OLD.state <> NEW.state OR OLD.blueprint_digest <> NEW.blueprint_digest)
    EXECUTE FUNCTION refuse_change('what was decided on a plan stays as it is, and is about that plan');

-- Goals go on as their approvals were decided.
CREATE FUNCTION settle_plan_approvals(ids uuid[]) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    -- One that said no is enough. To what runs already it is no.
    UPDATE goals g SET state = 'FAILED', ended_at = clock_timestamp(), failure = json_build_object(
        'kind', CASE r.state WHEN 'REJECTED' THEN 'REJECTED' ELSE 'APPROVAL_TIMEOUT' END,
        'message', CASE r.state
            WHEN 'REJECTED' THEN 'the plan was rejected by ' || d.decided_by || CASE d.reason WHEN '' THEN '' ELSE ': ' || d.reason END
            ELSE 'the plan was not approved in time (' || r.rule || ')' END)
    FROM (SELECT DISTINCT ON (goal_id) * FROM plan_approvals
          WHERE goal_id = ANY (ids) AND state IN ('REJECTED', 'EXPIRED') ORDER BY goal_id, id) r
    LEFT JOIN LATERAL (SELECT * FROM decisions WHERE approval = r.id AND verdict = 'reject' ORDER BY number LIMIT 1) d ON true
    WHERE g.id = r.goal_id AND g.state = 'AWAITING_APPROVAL';

    UPDATE goals g SET state = 'RUNNING', approved_digests = ARRAY[g.blueprint_digest]
    WHERE g.id = ANY (ids) AND g.state = 'AWAITING_APPROVAL'
      AND NOT EXISTS (SELECT FROM plan_approvals a WHERE a.goal_id = g.id AND a.state = 'OPEN');

    -- Of what shall take the place of a blueprint that runs.
    UPDATE goals g SET approved_digests = g.approved_digests || a.blueprint_digest
    FROM (SELECT goal_id, blueprint_digest FROM plan_approvals WHERE goal_id = ANY (ids)
          GROUP BY goal_id, blueprint_digest HAVING bool_and(state = 'APPROVED')) a
    WHERE g.id = a.goal_id AND g.state = 'RUNNING' AND a.blueprint_digest <> ALL (g.approved_digests);

    -- A workflow that waits for another plan does not get this one: whoever plans it looks once more, and tells it so.
    INSERT INTO outbox (list, element, lane)
    SELECT CASE WHEN is_drafted(w.id, w.replans) THEN 'drafts' ELSE 'plans' END, attempt_ref(w.id, -1, w.replans), w.lane
    FROM workflows w
    WHERE w.id = ANY (ids) AND w.state = 'REPLANNING'
      AND EXISTS (SELECT FROM plan_approvals a WHERE a.goal_id = w.id AND a.state IN ('REJECTED', 'EXPIRED'));
END;
$$;

-- Somebody's word on the plan with this digest. Answers with what became of it.
CREATE FUNCTION decide_plan(of_goal uuid, digest bytea, decider text, approves boolean, why text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    word    text := CASE WHEN approves THEN 'approve' ELSE 'reject' END;
    earlier text;
    mine    uuid[];
BEGIN
    PERFORM FROM goals WHERE id = of_goal FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'GOAL_NOT_FOUND';
    END IF;
    SELECT d.verdict INTO earlier FROM decisions d
    WHERE d.goal_id = of_goal AND d.decided_by = decider AND d.blueprint_digest = digest AND d.approval IS NOT NULL LIMIT 1;
    IF earlier IS NOT NULL THEN
        RETURN CASE earlier WHEN word THEN 'DONE' ELSE 'DECIDED_OTHERWISE' END;
    END IF;
    IF NOT EXISTS (SELECT FROM plan_approvals WHERE goal_id = of_goal AND state = 'OPEN') THEN
        RETURN 'NOTHING_OPEN';
    END IF;
    IF NOT EXISTS (SELECT FROM plan_approvals WHERE goal_id = of_goal AND state = 'OPEN' AND blueprint_digest = digest) THEN
        RETURN 'OTHER_DIGEST';
    END IF;
    mine := ARRAY(SELECT id FROM plan_approvals WHERE goal_id = of_goal AND state = 'OPEN' AND blueprint_digest = digest
                  AND (deciders = '{}' OR decider = ANY (deciders)) ORDER BY id);
    IF mine = '{}' THEN
        RETURN 'NOT_A_DECIDER';
    END IF;
    INSERT INTO decisions (goal_id, verdict, decided_by, reason, approval, blueprint_digest)
    SELECT of_goal, word, decider, why, id, digest FROM unnest(mine) WITH ORDINALITY AS m (id, place) ORDER BY place;
    UPDATE plan_approvals a SET state = CASE WHEN approves THEN 'APPROVED' ELSE 'REJECTED' END, resolved_at = clock_timestamp()
    WHERE a.id = ANY (mine)
      AND (NOT approves OR (SELECT count(*) FROM decisions d WHERE d.approval = a.id AND d.verdict = 'approve') >= a.quorum);
    PERFORM settle_plan_approvals(ARRAY[of_goal]);
    RETURN 'DONE';
END;
$$;

-- Deadlines that have come decide. By the timer that has fired, not by the clock, which may have been set back since.
CREATE FUNCTION expire_plan_approvals(ids uuid[]) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    overdue uuid[];
BEGIN
    PERFORM FROM goals WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;
    overdue := ARRAY(
        SELECT a.id FROM timers t JOIN plan_approvals a ON a.goal_id = t.workflow_id AND a.state = 'OPEN' AND a.expires_at <= t.fire_at
        WHERE t.workflow_id = ANY (ids) AND t.task = -2 AND t.fired_at IS NOT NULL ORDER BY a.id);
    IF overdue = '{}' THEN
        RETURN;
    END IF;
    INSERT INTO decisions (goal_id, verdict, decided_by, reason, approval, blueprint_digest)
    SELECT goal_id, 'expire', 'deadline', 'its deadline has come: ' || at_deadline, id, blueprint_digest
    FROM plan_approvals WHERE id = ANY (overdue) ORDER BY id;
    UPDATE plan_approvals SET state = CASE at_deadline WHEN 'approve' THEN 'APPROVED' ELSE 'EXPIRED' END, resolved_at = clock_timestamp()
    WHERE id = ANY (overdue);
    PERFORM settle_plan_approvals(ids);
END;
$$;

-- Approvals that are wanted for a plan, as columns of one row for each.
CREATE FUNCTION ask_for_approvals(
    ask_id uuid[], ask_goal uuid[], ask_digest bytea[], ask_rule text[], ask_reason text[], ask_deciders json[], ask_quorum integer[],
    ask_deadline_ms bigint[], ask_at_deadline text[]
) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO plan_approvals (id, goal_id, blueprint_digest, rule, reason, deciders, quorum, expires_at, at_deadline)
    SELECT a.id, a.goal, a.digest, a.rule, a.reason, ARRAY(SELECT json_array_elements_text(a.deciders)), a.quorum,
           CASE WHEN a.deadline_ms > 0 THEN clock_timestamp() + a.deadline_ms * interval '1 millisecond' END, a.at_deadline
    FROM unnest(ask_id, ask_goal, ask_digest, ask_rule, ask_reason, ask_deciders, ask_quorum, ask_deadline_ms, ask_at_deadline)
         AS a (id, goal, digest, rule, reason, deciders, quorum, deadline_ms, at_deadline)
    JOIN goals g ON g.id = a.goal AND is_open_goal(g.state) ORDER BY a.goal, a.id
$$;

-- Puts another blueprint in the place of a plan that waits. Answers with what became of it.
CREATE FUNCTION edit_plan(
    of_goal uuid, digest bytea, decider text, why text, next bytea,
    ask_id uuid[], ask_goal uuid[], ask_digest bytea[], ask_rule text[], ask_reason text[], ask_deciders json[], ask_quorum integer[],
    ask_deadline_ms bigint[], ask_at_deadline text[]
) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    was goals;
BEGIN
    SELECT * INTO was FROM goals WHERE id = of_goal FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'GOAL_NOT_FOUND';
    END IF;
    IF was.blueprint_digest = next AND EXISTS (
        SELECT FROM decisions d WHERE d.goal_id = of_goal AND d.verdict = 'edit' AND d.decided_by = decider AND d.blueprint_digest = next) THEN
        RETURN 'DONE';
    END IF;
    IF was.state <> 'AWAITING_APPROVAL' THEN
        RETURN 'NOTHING_OPEN';
    END IF;
    IF was.blueprint_digest <> digest THEN
        RETURN 'OTHER_DIGEST';
    END IF;
    IF NOT EXISTS (SELECT FROM plan_approvals WHERE goal_id = of_goal AND state = 'OPEN' AND (deciders = '{}' OR decider = ANY (deciders))) THEN
        RETURN 'NOT_A_DECIDER';
    END IF;
    UPDATE plan_approvals SET state = 'WITHDRAWN', resolved_at = clock_timestamp() WHERE goal_id = of_goal AND state = 'OPEN';
    UPDATE goals SET blueprint_digest = next WHERE id = of_goal;
    INSERT INTO decisions (goal_id, verdict, decided_by, reason, blueprint_digest) VALUES (of_goal, 'edit', decider, why, next);
    PERFORM ask_for_approvals(ask_id, ask_goal, ask_digest, ask_rule, ask_reason, ask_deciders, ask_quorum, ask_deadline_ms, ask_at_deadline);
    PERFORM settle_plan_approvals(ARRAY[of_goal]);
    RETURN 'DONE';
END;
$$;

-- Asks for the approvals without which a blueprint does not take the place of the one that a goal runs. Until then nothing
-- but what it runs may. Answers with what became of it.
CREATE FUNCTION ask_to_extend(
    of_goal uuid, present bytea, next bytea,
    ask_id uuid[], ask_goal uuid[], ask_digest bytea[], ask_rule text[], ask_reason text[], ask_deciders json[], ask_quorum integer[],
    ask_deadline_ms bigint[], ask_at_deadline text[]
) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    was goals;
BEGIN
    SELECT * INTO was FROM goals WHERE id = of_goal FOR NO KEY UPDATE;
    IF was.state IS DISTINCT FROM 'RUNNING' THEN
        RETURN 'NOTHING_OPEN';
    END IF;
    IF next = ANY (was.approved_digests) THEN
        RETURN 'APPROVED';
    END IF;
    IF EXISTS (SELECT FROM plan_approvals WHERE goal_id = of_goal AND blueprint_digest = next) THEN
        RETURN CASE WHEN EXISTS (SELECT FROM plan_approvals WHERE goal_id = of_goal AND blueprint_digest = next AND state = 'OPEN')
               THEN 'DONE' ELSE 'REJECTED' END;
    END IF;
    UPDATE goals SET approved_digests = ARRAY[present] WHERE id = of_goal AND approved_digests IS NULL;
    PERFORM ask_for_approvals(ask_id, ask_goal, ask_digest, ask_rule, ask_reason, ask_deciders, ask_quorum, ask_deadline_ms, ask_at_deadline);
    RETURN 'DONE';
END;
$$;

-- Whether the goal's workflow may take the blueprint that was approved last, and has not: it extends the one that runs.
CREATE FUNCTION may_go_on(goal goals) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT goal.approved_digests IS NOT NULL AND EXISTS (
        SELECT FROM blueprints b JOIN workflows w ON w.id = goal.id
        WHERE b.digest = goal.approved_digests[cardinality(goal.approved_digests)] AND b.body ->> 'parent' = encode(w.blueprint_digest, 'hex'))
$$;
