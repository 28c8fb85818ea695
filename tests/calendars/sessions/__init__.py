"""What becomes of sessions: taken, held, moved, cancelled, closed."""
