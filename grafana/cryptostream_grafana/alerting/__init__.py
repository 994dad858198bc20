"""Grafana's alert rules and an example of a contact point, as Grafana provisions them from files."""
