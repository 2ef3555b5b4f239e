"""The dashboard in a browser: one program in a process of its own, shared by every tab that has the token."""
