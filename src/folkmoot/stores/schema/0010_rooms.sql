-- What XEP-0045 keeps besides: who is registered with a room (§7.10), and under which nick.
CREATE TABLE registrations (
    node INTEGER NOT NULL REFERENCES nodes (key) ON DELETE CASCADE,
    jid TEXT NOT NULL,
    nick TEXT NOT NULL,
    pending BOOLEAN NOT NULL,
    PRIMARY KEY (node, jid)
);

CREATE INDEX registrations_of_jid ON registrations (jid);

-- The number, among its node's, of the last change of somebody's standing; the newest of each node.
CREATE TABLE standings (
    node INTEGER NOT NULL REFERENCES nodes (key) ON DELETE CASCADE,
    jid TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (node, jid)
);

CREATE INDEX standings_in_order ON standings (node, version);

-- The vCard of a room, with its avatar (XEP-0486).
CREATE TABLE cards (
    node INTEGER PRIMARY KEY REFERENCES nodes (key) ON DELETE CASCADE,
    card TEXT NOT NULL
);

-- What names a device of an occupant to the others, who must not learn its address.
ALTER TABLE occupants ADD COLUMN subid TEXT NOT NULL DEFAULT '';
