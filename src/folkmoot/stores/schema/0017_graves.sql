-- A node with many items that is deleted is buried first: it has no address any more, and nothing
-- but its items, which go a few at a time. So nobody waits for all of them.
CREATE TRIGGER nodes_are_buried AFTER UPDATE OF service ON nodes WHEN new.service = '' BEGIN
    DELETE FROM affiliations WHERE node = new.key;
    DELETE FROM subscriptions WHERE node = new.key;
    DELETE FROM audit WHERE node = new.key;
    DELETE FROM invites WHERE node = new.key;
    DELETE FROM occupants WHERE node = new.key;
    DELETE FROM registrations WHERE node = new.key;
    DELETE FROM standings WHERE node = new.key;
    DELETE FROM cards WHERE node = new.key;
    DELETE FROM wearers WHERE node = new.key;
    DELETE FROM voices WHERE node = new.key;
    DELETE FROM visits WHERE node = new.key;
END;
