"""Java of the wheel trusts the certificate authorities of the machine."""

import datetime
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from cryptostream_local.java import java_home
from cryptostream_local.trust_store import java_trust_store, machine_bundle

pytestmark = pytest.mark.integration


def authority(name: str) -> bytes:
    """A self-signed certificate in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM)


def trusted_by_java(store: Path) -> list[str]:
    """The aliases that Java finds in a store without being told a password."""
    listing = subprocess.run(
        [
            str(java_home() / "bin" / "java"),
            *("-m", "java.base/sun.security.tools.keytool.Main"),
            *("-list", "-storetype", "PKCS12", "-keystore", str(store)),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return sorted(line.split(",")[0] for line in listing.splitlines() if "trustedCertEntry" in line)


def test_java_reads_every_authority_without_a_password(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(authority("one") + b"# a comment\n" + authority("two"))
    store = java_trust_store(bundle, tmp_path)
    assert store is not None
    assert trusted_by_java(store) == ["ca0", "ca1"]


def test_an_unreadable_certificate_does_not_take_the_others_with_it(tmp_path: Path) -> None:
    broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(broken + authority("good"))
    store = java_trust_store(bundle, tmp_path)
    assert store is not None
    assert trusted_by_java(store) == ["ca1"]


def test_a_store_is_made_once_for_each_content(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(authority("old"))
    first = java_trust_store(bundle, tmp_path)
    assert first is not None
    made = first.stat().st_mtime_ns
    assert java_trust_store(bundle, tmp_path) == first
    assert first.stat().st_mtime_ns == made
    bundle.write_bytes(authority("new"))
    assert java_trust_store(bundle, tmp_path) != first


def test_a_bundle_without_certificates_makes_no_store(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(b"nothing here\n")
    assert java_trust_store(bundle, tmp_path) is None


def test_the_bundle_named_by_the_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(authority("local"))
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    assert machine_bundle() == bundle
