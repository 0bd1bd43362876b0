-- An address may have several subscriptions to a node (XEP-0060 §6.1.6): the terms of each, as JSON.
-- NULL where there is one, whose terms are the columns; else these are the first one's, but that
-- `expires` is the earliest end of all.
ALTER TABLE subscriptions ADD COLUMN terms TEXT;
