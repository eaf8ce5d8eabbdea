-- Partitions of the events, by the time in the ids of their workflows. Made ahead and dropped by the
-- active persistence service (crates/store/src/retention).

-- The smallest UUIDv7 of a moment.
CREATE FUNCTION uuid_at(moment timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- The moment in a UUIDv7.
CREATE FUNCTION moment_of(id uuid) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT timestamptz 'epoch'
        + ('x' || lpad(left(replace(id::text, '-', ''), 12), 16, '0'))::bit(64)::bigint * interval '1 millisecond'
$$;

-- The partitions beside the default one: each holds histories whose ids are of its time.
CREATE TABLE event_partitions (
    name    text PRIMARY KEY,
    from_at timestamptz NOT NULL UNIQUE,
    to_at   timestamptz NOT NULL UNIQUE CHECK (to_at > from_at)
);

-- Makes partitions of this width until `ahead` of them are to come, each beginning where the one before
-- ends, but after whatever the default partition holds.
CREATE FUNCTION create_event_partitions(width interval, ahead integer) RETURNS void
LANGUAGE plpgsql SET lock_timeout = '2s' AS $$
DECLARE
    step   double precision := extract(epoch FROM width);
    begins timestamptz;
    ends   timestamptz;
    name   text;
BEGIN
    SELECT max(to_at) INTO begins FROM event_partitions;
    IF begins > now() + width * ahead THEN
        RETURN;
    END IF;
    -- The whole before its parts, as whoever writes locks them: the other way round both would wait for
    -- each other.
    LOCK TABLE events IN ACCESS EXCLUSIVE MODE;
    -- What came while there was no partition for it stays where it is.
    begins := greatest(
        coalesce(begins, to_timestamp(floor(extract(epoch FROM now()) / step) * step)),
        (SELECT moment_of(workflow_id) + interval '1 millisecond' FROM events_default
         WHERE workflow_id < uuid_at(now() + interval '1 day') ORDER BY workflow_id DESC LIMIT 1));
    WHILE begins <= now() + width * ahead LOOP
        -- On multiples of the width, except where it was changed.
        ends := to_timestamp((floor(extract(epoch FROM begins) / step) + 1) * step);
        name := 'events_' || to_char(begins AT TIME ZONE 'UTC', 'YYYYMMDD_HH24MISS_MS');
        EXECUTE format('CREATE TABLE %I PARTITION OF events FOR VALUES FROM (%L) TO (%L)', name, uuid_at(begins), uuid_at(ends));
        INSERT INTO event_partitions VALUES (name, begins, ends);
        begins := ends;
    END LOOP;
END;
$$;

-- Drops the partition with all that is in it, unless a history of its time is still there.
CREATE FUNCTION drop_event_partition(partition text) RETURNS boolean
LANGUAGE plpgsql SET lock_timeout = '2s' AS $$
DECLARE
    p event_partitions;
BEGIN
    -- First: who is about to write into it has written before this looks.
    LOCK TABLE events IN ACCESS EXCLUSIVE MODE;
    DELETE FROM event_partitions e WHERE e.name = partition RETURNING * INTO p;
    IF p.name IS NULL OR EXISTS (SELECT FROM histories WHERE id >= uuid_at(p.from_at) AND id < uuid_at(p.to_at)) THEN
        -- The row stays: what this function did is undone.
        RAISE EXCEPTION 'partition % is in use', partition USING ERRCODE = 'object_in_use';
    END IF;
    EXECUTE format('DROP TABLE %I', p.name);
    RETURN true;
END;
$$;
