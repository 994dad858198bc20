"""Kopf's part: it watches, and tells the controller."""
