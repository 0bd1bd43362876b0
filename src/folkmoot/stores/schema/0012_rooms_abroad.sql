-- Rooms of other services that a space lists, and how far each is from being in line.
CREATE TABLE rooms_abroad (
    room TEXT PRIMARY KEY,
    service TEXT NOT NULL,
    name TEXT NOT NULL,
    lister TEXT NOT NULL,
    listed BOOLEAN NOT NULL,
    -- Up to whom the space's people have been gone through; null: all are.
    last TEXT,
    tries INTEGER NOT NULL DEFAULT 0,
    due DOUBLE PRECISION NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    -- Whether the space's owners were told that it keeps failing.
    told BOOLEAN NOT NULL DEFAULT FALSE
);

CREATE INDEX rooms_abroad_due ON rooms_abroad (due, room);
CREATE INDEX rooms_abroad_of_space ON rooms_abroad (service, name, room);
CREATE INDEX rooms_abroad_passing ON rooms_abroad (room) WHERE last IS NOT NULL;

-- What each room is to have of whom, and what it was given: one row for each room and entity.
CREATE TABLE wishes (
    room TEXT NOT NULL,
    jid TEXT NOT NULL,
    wanted TEXT NOT NULL,
    waiting BOOLEAN NOT NULL,
    -- What we gave, and what the room had said of its own before; null: nothing was given.
    given TEXT,
    -- What we were about to give; it may have come to be, or not.
    giving TEXT,
    had TEXT,
    tries INTEGER NOT NULL DEFAULT 0,
    due DOUBLE PRECISION NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (room, jid)
);

CREATE INDEX wishes_waiting ON wishes (room, due, jid) WHERE waiting;
CREATE INDEX wishes_failing ON wishes (room, tries DESC, jid) WHERE waiting AND tries > 0;
