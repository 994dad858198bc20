"""The custom resource: its typed specification and status, and the CRD that follows from them."""

from cryptostream_operator.api.names import API_VERSION, GROUP, KIND, PLURAL, VERSION

__all__ = ["API_VERSION", "GROUP", "KIND", "PLURAL", "VERSION"]
