-- An address may have several subscriptions to a node (XEP-0060 §6.1.6): the terms of each, as JSON.
-- NULL where there is one, whose terms are the columns; else these are the first one's, but that
-- `expires` is the earliest end of all.
ALTER TABLE subscriptions ADD COLUMN terms TEXT;

-- Whether items go when who published them goes offline (`pubsub#purge_offline`).
ALTER TABLE nodes ADD COLUMN purge_offline BOOLEAN NOT NULL DEFAULT FALSE;

CREATE INDEX nodes_purged_offline ON nodes (key) WHERE purge_offline;
