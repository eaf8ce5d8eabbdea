-- Behind the authorization of the services: whoever reads for a caller of some namespaces does so as this role, and
-- finds the rows of these alone, whatever the statement says. The services themselves, who act for all namespaces at
-- once, own the tables and are not bound.
DO $$
BEGIN
    -- Roles are of the whole server, and another database of it may have made this one, also at this moment.
    CREATE ROLE goalpost_tenant NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

DO $$
BEGIN
    IF NOT pg_has_role(current_user, 'goalpost_tenant', 'MEMBER') THEN
        EXECUTE format('GRANT goalpost_tenant TO %I', current_user);
    END IF;
EXCEPTION
    -- Two databases of one server at the same moment.
    WHEN unique_violation OR internal_error THEN NULL;
END
$$;

-- The namespaces of the caller.
CREATE FUNCTION own_namespaces() RETURNS text[] LANGUAGE sql STABLE
RETURN string_to_array(current_setting('goalpost.namespaces', true), ',');

ALTER TABLE goals ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON goals FOR SELECT TO goalpost_tenant USING (namespace = ANY (own_namespaces()));

-- What belongs to a goal is seen by whoever sees the goal.
DO $$
DECLARE
    owned record;
BEGIN
    FOR owned IN
        SELECT * FROM (VALUES
            ('decisions', 'goal_id'), ('plan_approvals', 'goal_id'), ('workflows', 'id'), ('tasks', 'workflow_id')
        ) AS o (name, goal)
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned.name);
        EXECUTE format(
            'CREATE POLICY own ON %I FOR SELECT TO goalpost_tenant USING (EXISTS (SELECT FROM goals g WHERE g.id = %I))',
            owned.name, owned.goal);
    END LOOP;
END
$$;

GRANT SELECT ON goals, decisions, plan_approvals, workflows, tasks TO goalpost_tenant;
