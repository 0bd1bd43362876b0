-- Who may speak in a moderated room, or may not, by word of a moderator (XEP-0045 §5.1).
CREATE TABLE voices (
    node INTEGER NOT NULL REFERENCES nodes (key) ON DELETE CASCADE,
    jid TEXT NOT NULL,
    role TEXT NOT NULL,
    PRIMARY KEY (node, jid)
);

CREATE INDEX voices_of_jid ON voices (jid);
