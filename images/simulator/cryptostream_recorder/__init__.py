"""Records an exchange's live feed to a file that the simulator replays in the exchange's own protocol."""
