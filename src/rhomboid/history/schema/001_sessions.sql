-- Every column bears the name of the field of coach/record.py (of events.Movement for reps) that it holds.
-- started_utc_s orders sessions whatever the clock and the time zone did since; day is the local date they began on.
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    started_at TEXT NOT NULL,
    started_utc_s REAL NOT NULL,
    day TEXT NOT NULL,
    ended_at TEXT,
    kind TEXT NOT NULL,
    plan TEXT,
    plan_step INTEGER,
    breaks INTEGER NOT NULL,
    longest_static_min REAL NOT NULL,
    pain_before INTEGER CHECK (pain_before BETWEEN 0 AND 10),
    pain_after INTEGER CHECK (pain_after BETWEEN 0 AND 10),
    tension INTEGER CHECK (tension BETWEEN 0 AND 10),
    ended_because TEXT,
    recording TEXT,
    recording_sha256 TEXT,
    note TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_by_day ON sessions (day);

CREATE TABLE posture_minutes (
    session_id INTEGER PRIMARY KEY REFERENCES sessions ON DELETE CASCADE,
    upright REAL NOT NULL,
    slouching REAL NOT NULL,
    leaning REAL NOT NULL,
    moving REAL NOT NULL,
    lying REAL NOT NULL,
    cannot_tell REAL NOT NULL,
    not_worn REAL NOT NULL
) STRICT;

CREATE TABLE sets (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
    exercise TEXT NOT NULL,
    number INTEGER NOT NULL,
    start_s REAL NOT NULL,
    end_s REAL NOT NULL,
    reps INTEGER NOT NULL CHECK (reps >= 0),
    side TEXT,
    target_reps INTEGER,
    target_hold_s REAL,
    sensor_reps INTEGER,
    live_reps INTEGER,
    load_kg REAL,
    effort INTEGER CHECK (effort BETWEEN 0 AND 10),
    discarded INTEGER NOT NULL,
    ended_by TEXT NOT NULL
) STRICT;
CREATE INDEX sets_of_session ON sets (session_id);

CREATE TABLE reps (
    id INTEGER PRIMARY KEY,
    set_id INTEGER NOT NULL REFERENCES sets ON DELETE CASCADE,
    start_s REAL NOT NULL,
    peak_s REAL NOT NULL,
    end_s REAL NOT NULL,
    range_deg REAL NOT NULL,
    confidence REAL NOT NULL,
    out_s REAL NOT NULL,
    pause_s REAL NOT NULL,
    back_s REAL NOT NULL,
    smoothness REAL,
    side TEXT
) STRICT;
CREATE INDEX reps_of_set ON reps (set_id);

CREATE TABLE holds (
    id INTEGER PRIMARY KEY,
    set_id INTEGER NOT NULL REFERENCES sets ON DELETE CASCADE,
    start_s REAL NOT NULL,
    end_s REAL NOT NULL,
    drift_deg REAL NOT NULL
) STRICT;
CREATE INDEX holds_of_set ON holds (set_id);

CREATE TABLE corrections (
    id INTEGER PRIMARY KEY,
    set_id INTEGER NOT NULL REFERENCES sets ON DELETE CASCADE,
    at_s REAL NOT NULL,
    kind TEXT NOT NULL,
    amount INTEGER NOT NULL
) STRICT;
CREATE INDEX corrections_of_set ON corrections (set_id);

CREATE TABLE slouches (
    id INTEGER PRIMARY KEY,
    session_id INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
    start_s REAL NOT NULL,
    end_s REAL NOT NULL,
    peak_deg REAL NOT NULL,
    alerted INTEGER NOT NULL,
    refuted INTEGER NOT NULL,
    answered_by INTEGER NOT NULL
) STRICT;
CREATE INDEX slouches_of_session ON slouches (session_id);
