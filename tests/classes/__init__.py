"""A studio's classes: who books them, with what, and who waits for a place."""
