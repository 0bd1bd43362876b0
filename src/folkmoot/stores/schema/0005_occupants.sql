-- Who is in which room: an occupancy ends with a stream, and streams may end while nobody looks.

CREATE TABLE occupants (
    node INTEGER NOT NULL REFERENCES nodes (key) ON DELETE CASCADE,
    jid TEXT NOT NULL,
    via TEXT NOT NULL,
    nick TEXT NOT NULL,
    -- Given by a moderator; else it follows from affiliation and configuration (XEP-0045 §5.1).
    role TEXT,
    -- As it was when the nick or the role last changed.
    presence TEXT NOT NULL,
    PRIMARY KEY (node, jid)
);

-- Until now a room for its occupants alone ended when the server next started.
DELETE FROM nodes WHERE fleeting;
DROP INDEX nodes_fleeting;
ALTER TABLE nodes DROP COLUMN fleeting;
