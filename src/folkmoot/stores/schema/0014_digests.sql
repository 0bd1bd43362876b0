-- Items that are told together (XEP-0060 §16.4.2, `pubsub#digest`). How is among the `terms`, which
-- are there from now on also where a subscription that is the only one has them gathered.

-- When the next of an address's digests is due.
ALTER TABLE subscriptions ADD COLUMN digest_at DOUBLE PRECISION;
-- The highest `sequence` up to which one has been told: an item never gets that again.
ALTER TABLE subscriptions ADD COLUMN digest_told INTEGER;

CREATE INDEX subscriptions_gathering ON subscriptions (digest_at) WHERE digest_at IS NOT NULL;
CREATE INDEX subscriptions_digested ON subscriptions (digest_told) WHERE digest_told IS NOT NULL;
