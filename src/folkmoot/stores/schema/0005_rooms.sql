-- What a service alone knows, such as what occupant ids are made with (XEP-0421 §4.1).
CREATE TABLE secrets (
    name TEXT NOT NULL PRIMARY KEY,
    secret BLOB NOT NULL
);

-- Of an item that was taken back: when, by whom and why, as JSON (XEP-0424 §4, XEP-0425 §4).
ALTER TABLE items ADD COLUMN retraction TEXT;
