-- Who may write: users, their role, and their login sessions. The public needs none.

CREATE TABLE account (
    name          text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9._-]{1,63}$'),
    display_name  text NOT NULL DEFAULT '',
    role          text NOT NULL CHECK (role IN ('clerk', 'name_officer', 'planner', 'reviewer', 'supervisor', 'admin')),
    password_hash text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    disabled_at   timestamptz
);
COMMENT ON TABLE account IS 'A person who may log in.';
COMMENT ON COLUMN account.name IS 'Login name.';
COMMENT ON COLUMN account.display_name IS 'Name as shown.';
COMMENT ON COLUMN account.role IS 'What the person may do.';
COMMENT ON COLUMN account.password_hash IS 'Argon2id in PHC string form.';
COMMENT ON COLUMN account.created_at IS 'When the account was made.';
COMMENT ON COLUMN account.disabled_at IS 'Since when it is closed; null: open.';

CREATE TABLE login_session (
    token_sha256 bytea PRIMARY KEY,
    account      text NOT NULL REFERENCES account (name),
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL
);
CREATE INDEX login_session_by_account ON login_session (account);
COMMENT ON TABLE login_session IS 'An open login. Deleting the row ends it at once.';
COMMENT ON COLUMN login_session.token_sha256 IS 'Hash of the cookie; the cookie itself is nowhere kept.';
COMMENT ON COLUMN login_session.account IS 'Whose.';
COMMENT ON COLUMN login_session.created_at IS 'Since when.';
COMMENT ON COLUMN login_session.expires_at IS 'Until when at the latest.';
