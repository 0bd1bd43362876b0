-- What subscribers choose (XEP-0060 §16.4.2), leases (§12.19), and items that end (`item_expire`).

ALTER TABLE subscriptions ADD COLUMN expires DOUBLE PRECISION;
ALTER TABLE subscriptions ADD COLUMN body BOOLEAN NOT NULL DEFAULT FALSE;
-- Values of <show/>, with spaces between them.
ALTER TABLE subscriptions ADD COLUMN shows TEXT NOT NULL DEFAULT '';

CREATE INDEX subscriptions_leased ON subscriptions (expires) WHERE expires IS NOT NULL;

-- How long items last, in seconds; 0: for ever.
ALTER TABLE nodes ADD COLUMN item_seconds INTEGER NOT NULL DEFAULT 0;

CREATE INDEX nodes_passing ON nodes (item_seconds) WHERE item_seconds > 0;
