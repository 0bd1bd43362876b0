-- Whether an occupant wants to hear of every change of affiliations (XEP-0463 §5.1).
ALTER TABLE occupants ADD COLUMN tracks BOOLEAN NOT NULL DEFAULT FALSE;

-- What somebody was before their standing changed (XEP-0463 §6): `past` is a JSON array of arrays,
-- each the number of a change, and what the row was before it and whether a space had admitted
-- them. From the number `known` on this is all there is to know.
ALTER TABLE standings ADD COLUMN known INTEGER NOT NULL DEFAULT 0;
ALTER TABLE standings ADD COLUMN past TEXT NOT NULL DEFAULT '[]';

-- Of what changed before nothing is known.
UPDATE standings SET known = version;
