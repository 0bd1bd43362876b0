-- What was changed in a space, by whom and when; as long as the space is there.
CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY,
    node INTEGER NOT NULL REFERENCES nodes (key) ON DELETE CASCADE,
    at DOUBLE PRECISION NOT NULL,
    jid TEXT NOT NULL,
    matter TEXT NOT NULL,
    subject TEXT NOT NULL,
    was TEXT NOT NULL,
    became TEXT NOT NULL
);

CREATE INDEX audit_in_order ON audit (node, sequence);

-- Who may let others in by a token; the token itself is nowhere, only what it is checked against.
CREATE TABLE invites (
    node INTEGER NOT NULL REFERENCES nodes (key) ON DELETE CASCADE,
    id TEXT NOT NULL,
    digest TEXT NOT NULL,
    inviter TEXT NOT NULL,
    created DOUBLE PRECISION NOT NULL,
    expires DOUBLE PRECISION NOT NULL,
    uses INTEGER NOT NULL,
    used INTEGER NOT NULL,
    PRIMARY KEY (node, id)
);
