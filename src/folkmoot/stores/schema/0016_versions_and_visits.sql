-- Whether an occupant wants to hear of every change of affiliations (XEP-0463 §5.1).
ALTER TABLE occupants ADD COLUMN tracks BOOLEAN NOT NULL DEFAULT FALSE;

-- What somebody was before their standing changed (XEP-0463 §6): `past` is a JSON array of arrays,
-- each the number of a change, and what the row was before it and whether a space had admitted
-- them. From the number `known` on this is all there is to know.
ALTER TABLE standings ADD COLUMN known INTEGER NOT NULL DEFAULT 0;
ALTER TABLE standings ADD COLUMN past TEXT NOT NULL DEFAULT '[]';

-- Of what changed before nothing is known.
UPDATE standings SET known = version;

-- Where, among the items, somebody stood who left a room they belong in (XEP-0437 §4).
CREATE TABLE visits (
    place INTEGER PRIMARY KEY,
    node INTEGER NOT NULL REFERENCES nodes (key) ON DELETE CASCADE,
    jid TEXT NOT NULL,
    UNIQUE (jid, node)
);

CREATE INDEX visits_in_order ON visits (node, place);

-- Whether an item is a message with a body, which no words need follow from: it may be encrypted.
ALTER TABLE items ADD COLUMN said BOOLEAN NOT NULL DEFAULT FALSE;

UPDATE items SET said = TRUE WHERE nick <> '' AND payload LIKE '%<body%';
