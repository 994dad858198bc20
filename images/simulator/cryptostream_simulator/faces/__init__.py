"""The exchanges that the simulator can speak as, one package each; all else is shared."""
