"""The Grafana that dashboards are written for."""

GRAFANA = "13.2.3"
"""The chart's default image has this version; the tests check the JSON against the types published with it."""
