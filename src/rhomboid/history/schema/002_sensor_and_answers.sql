-- Which sensor a session was worn with, and which exercise answered an alert.
ALTER TABLE sessions ADD COLUMN sensor TEXT NOT NULL DEFAULT '';
ALTER TABLE slouches ADD COLUMN answered_with TEXT;
