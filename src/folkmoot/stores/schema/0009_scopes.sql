-- What a subscription is to (XEP-0497), and whether it may be told to others (XEP-0465).

-- Values of the option, with commas between them.
ALTER TABLE subscriptions ADD COLUMN topics TEXT NOT NULL DEFAULT 'items';
ALTER TABLE subscriptions ADD COLUMN depth INTEGER NOT NULL DEFAULT 0;
ALTER TABLE subscriptions ADD COLUMN public BOOLEAN NOT NULL DEFAULT FALSE;
