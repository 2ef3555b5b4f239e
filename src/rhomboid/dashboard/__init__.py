"""What a session looks like on a terminal: a Textual app that observes and never decides (start in ``app.py``)."""
