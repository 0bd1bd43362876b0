-- What a service alone knows, such as what occupant ids are made with (XEP-0421 §4.1).
CREATE TABLE secrets (
    name TEXT NOT NULL PRIMARY KEY,
    secret BLOB NOT NULL
);

-- Of an item that was taken back: when, by whom and why, as JSON (XEP-0424 §4, XEP-0425 §4).
ALTER TABLE items ADD COLUMN retraction TEXT;

-- Who wears which hats (XEP-0317); the hats themselves are in a node's configuration.
CREATE TABLE wearers (
    node INTEGER NOT NULL REFERENCES nodes (key) ON DELETE CASCADE,
    jid TEXT NOT NULL,
    -- Their URIs, as a JSON array.
    hats TEXT NOT NULL,
    PRIMARY KEY (node, jid)
);

CREATE INDEX wearers_of_jid ON wearers (jid);
