-- What items are found by in an archive (XEP-0313 §4.1.1): the publisher's bare JID, and the nick of
-- who said something in a room.

ALTER TABLE items ADD COLUMN bare TEXT NOT NULL DEFAULT '';

UPDATE items SET bare = CASE WHEN instr(publisher, '/') = 0 THEN publisher
    ELSE substr(publisher, 1, instr(publisher, '/') - 1) END;

CREATE INDEX items_of_publisher ON items (node, bare, sequence);
CREATE INDEX items_of_nick ON items (node, nick, sequence) WHERE nick <> '';

-- Accounts' archives are nodes of one name.
CREATE INDEX nodes_of_name ON nodes (name);
