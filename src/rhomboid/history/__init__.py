"""What outlives a session, in one SQLite file in the user's own data folder: kept, shown, handed on, forgotten."""
