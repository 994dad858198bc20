"""Grafana dashboards and alert rules as code; ``python -m cryptostream_grafana`` writes them into the chart."""
