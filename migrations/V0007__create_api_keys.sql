-- Who may call, and what they may do. The keys themselves are with those who have them; here are their hashes.
CREATE TABLE api_keys (
    id         uuid PRIMARY KEY,
    -- Who has it: whoever calls with it is known by this name.
    name       text NOT NULL,
    -- SHA-256 of the key, which is 256 random bits.
    hash       bytea NOT NULL,
    -- `ROLE@NAMESPACE`, with `*` for every namespace.
    grants     text[] NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    revoked_by text
);

CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash);
-- A name is one owner's at a time; after its key was revoked it may be given again.
CREATE UNIQUE INDEX api_keys_name ON api_keys (name) WHERE revoked_at IS NULL;
