-- Nodes and all that hangs on them (XEP-0060 §4), and the accounts of this server.

CREATE TABLE nodes (
    key INTEGER PRIMARY KEY,
    service TEXT NOT NULL,
    name TEXT NOT NULL,
    config TEXT NOT NULL,
    -- A room that does not outlive the server: not persistent, or locked (XEP-0045 §10.1).
    fleeting BOOLEAN NOT NULL,
    creator TEXT NOT NULL,
    created DOUBLE PRECISION NOT NULL,
    -- The last change of a room's subject (XEP-0045 §8.1), as an item.
    subject_id TEXT,
    subject_publisher TEXT,
    subject_published DOUBLE PRECISION,
    subject_nick TEXT,
    subject_payload TEXT,
    UNIQUE (service, name)
);

CREATE INDEX nodes_fleeting ON nodes (key) WHERE fleeting;

CREATE TABLE affiliations (
    node INTEGER NOT NULL REFERENCES nodes (key) ON DELETE CASCADE,
    jid TEXT NOT NULL,
    affiliation TEXT NOT NULL,
    PRIMARY KEY (node, jid)
);

CREATE INDEX affiliations_of_jid ON affiliations (jid);

CREATE TABLE subscriptions (
    node INTEGER NOT NULL REFERENCES nodes (key) ON DELETE CASCADE,
    subscriber TEXT NOT NULL,
    bare TEXT NOT NULL,
    state TEXT NOT NULL,
    via TEXT NOT NULL,
    subid TEXT NOT NULL,
    deliver BOOLEAN NOT NULL,
    contact TEXT,
    PRIMARY KEY (node, subscriber)
);

CREATE INDEX subscriptions_of_bare ON subscriptions (bare);

CREATE TABLE items (
    -- Grows with every publication: an item published again moves to the end.
    sequence INTEGER PRIMARY KEY,
    node INTEGER NOT NULL REFERENCES nodes (key) ON DELETE CASCADE,
    id TEXT NOT NULL,
    publisher TEXT NOT NULL,
    published DOUBLE PRECISION NOT NULL,
    nick TEXT NOT NULL,
    payload TEXT,
    -- The node this item puts on its node's list (XEP-0503 §5.4); both or neither.
    lists_service TEXT,
    lists_name TEXT,
    UNIQUE (node, id)
);

CREATE INDEX items_in_order ON items (node, sequence);
CREATE INDEX items_that_list ON items (node) WHERE lists_service IS NOT NULL;

CREATE TABLE accounts (
    domain TEXT NOT NULL,
    local TEXT NOT NULL,
    created DOUBLE PRECISION NOT NULL,
    salt BLOB NOT NULL,
    iterations INTEGER NOT NULL,
    sha1_stored BLOB NOT NULL,
    sha1_server BLOB NOT NULL,
    sha256_stored BLOB NOT NULL,
    sha256_server BLOB NOT NULL,
    PRIMARY KEY (domain, local)
);
