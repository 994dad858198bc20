"""The machine's certificate authorities as a trust store that Java reads."""

import hashlib
import os
import re
import ssl
import tempfile
import warnings
from pathlib import Path

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
# Debian's Python names a bundle that Debian does not ship; this is the one it does.
_DEBIAN_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


def machine_bundle() -> Path | None:
    """The PEM bundle that this machine trusts: SSL_CERT_FILE, else of Python's OpenSSL, else of Debian."""
    for candidate in (os.environ.get("SSL_CERT_FILE"), ssl.get_default_verify_paths().cafile, _DEBIAN_BUNDLE):
        if candidate and Path(candidate).is_file():
            return Path(candidate)
    return None


def java_trust_store(bundle: Path, folder: Path) -> Path | None:
    """``bundle`` as a PKCS #12 file in ``folder``, made once for each content; None where it has no certificate.

    The file has neither encryption nor password, for it holds nothing secret, and Java reads certificates of an
    encrypted one only when it is told the password.
    """
    content = bundle.read_bytes()
    store = folder / f"trust-{hashlib.sha256(content).hexdigest()[:16]}.p12"
    if store.exists():
        return store
    serialized = _serialized(content)
    if serialized is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, partial = tempfile.mkstemp(dir=folder)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
        file.write(serialized)
    Path(partial).chmod(0o644)
    Path(partial).replace(store)
    return store


def _serialized(bundle: bytes) -> bytes | None:
    from cryptography import x509  # noqa: PLC0415 - slow import, needed only here
    from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12  # noqa: PLC0415

    certificates = []
    with warnings.catch_warnings():
        # Authorities of the nineties carry serial numbers that today's rules forbid.
        warnings.simplefilter("ignore")
        for index, pem in enumerate(_CERTIFICATE.findall(bundle)):
            try:
                certificate = x509.load_pem_x509_certificate(pem)
            except ValueError:
                continue
            certificates.append(pkcs12.PKCS12Certificate(certificate, f"ca{index}".encode()))
    return pkcs12.serialize_java_truststore(certificates, NoEncryption()) if certificates else None
