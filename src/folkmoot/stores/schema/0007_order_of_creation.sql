-- Where an item stood when it was new (XEP-0413), once it has been published again; as long as it
-- has not, `sequence` says so, and nothing is written twice for it. Of items that were published
-- again before this was kept nobody knows any more.
ALTER TABLE items ADD COLUMN created INTEGER;

CREATE INDEX items_moved ON items (node, created) WHERE created IS NOT NULL;
