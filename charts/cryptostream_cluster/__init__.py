"""The whole platform on a cluster of this machine, for a person who has no skaffold."""
