"""Records an exchange's live feed as it speaks, so that it can be served again."""
