"""One screen a file; each draws what ``observed.py`` holds, on its own frame clock."""
