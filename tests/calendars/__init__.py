"""People's time: who works when, who is with whom."""
