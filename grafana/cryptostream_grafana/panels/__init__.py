"""How panels look: builders of Grafana's panels without their data."""
