-- Listed nodes of which it depends on more than rows of who asks whether a list shows them: who is
-- to be told how many there are has to be looked at there (XEP-0059).
ALTER TABLE nodes ADD COLUMN guarded BOOLEAN NOT NULL DEFAULT FALSE;

UPDATE nodes SET guarded = listed AND json_extract(config, '$.room') IS NULL AND (
    coalesce(json_extract(config, '$.access'), 'open') IN ('presence', 'roster')
    OR (parent_service IS NOT NULL AND type <> 'urn:xmpp:spaces:0')
);

-- With `listed` in it, SQLite counts without a look at the rows.
DROP INDEX nodes_listed;
CREATE INDEX nodes_listed ON nodes (service, name, type, listed) WHERE listed;
CREATE INDEX nodes_guarded ON nodes (service, name, type) WHERE guarded;
