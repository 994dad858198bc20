"""Pure functions from a CryptoStream's specification and the operator's defaults to manifests."""
