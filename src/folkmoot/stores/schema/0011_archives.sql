-- What items are found by in an archive (XEP-0313 §4.1.1): the publisher's bare JID, and the nick of
-- who said something in a room.

ALTER TABLE items ADD COLUMN bare TEXT NOT NULL DEFAULT '';

UPDATE items SET bare = CASE WHEN instr(publisher, '/') = 0 THEN publisher
    ELSE substr(publisher, 1, instr(publisher, '/') - 1) END;

CREATE INDEX items_of_publisher ON items (node, bare, sequence);
CREATE INDEX items_of_nick ON items (node, nick, sequence) WHERE nick <> '';

-- Accounts' archives are nodes of one name.
CREATE INDEX nodes_of_name ON nodes (name);

-- The words of an item that somebody may look for, and the index of them (XEP-0431). The index holds
-- no text of its own: it is told the words again when they go.
ALTER TABLE items ADD COLUMN words TEXT;

CREATE VIEW words_of_items AS
    SELECT sequence, 'n' || node AS place, words FROM items WHERE words IS NOT NULL;

CREATE VIRTUAL TABLE texts USING fts5 (
    place, words, content = 'words_of_items', content_rowid = 'sequence',
    tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TRIGGER words_come AFTER INSERT ON items WHEN new.words IS NOT NULL BEGIN
    INSERT INTO texts (rowid, place, words) VALUES (new.sequence, 'n' || new.node, new.words);
END;

CREATE TRIGGER words_go AFTER DELETE ON items WHEN old.words IS NOT NULL BEGIN
    INSERT INTO texts (texts, rowid, place, words)
    VALUES ('delete', old.sequence, 'n' || old.node, old.words);
END;

CREATE TRIGGER words_are_replaced AFTER UPDATE OF sequence, words ON items
WHEN old.words IS NOT NULL BEGIN
    INSERT INTO texts (texts, rowid, place, words)
    VALUES ('delete', old.sequence, 'n' || old.node, old.words);
END;

CREATE TRIGGER words_replace AFTER UPDATE OF sequence, words ON items
WHEN new.words IS NOT NULL BEGIN
    INSERT INTO texts (rowid, place, words) VALUES (new.sequence, 'n' || new.node, new.words);
END;
