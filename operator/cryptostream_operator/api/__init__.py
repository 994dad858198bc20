"""The custom resource: its typed specification and status, and the CRD that follows from them."""
