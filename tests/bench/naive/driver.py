"""PostgreSQL's JDBC driver, which the naive job writes with: pinned by SHA-256 as all jars are, and used nowhere else.

``python -m bench.naive.driver`` locks it anew after a changed version.
"""

from pathlib import Path

from cryptostream_local.jars import JarSource, jars, write_lock

VERSION = "42.7.13"
_IVY = f"""<ivy-module version="2.0">
  <info organisation="io.cryptostream" module="bench"/>
  <configurations><conf name="jdbc"/></configurations>
  <dependencies>
    <dependency org="org.postgresql" name="postgresql" rev="{VERSION}" conf="jdbc->default" transitive="false"/>
  </dependencies>
</ivy-module>
"""
_SOURCE = JarSource(("jdbc",), _IVY, Path(__file__).with_name("jars.lock"))


def driver_jars() -> list[Path]:
    """The checked driver, downloaded on first use. Raises JarError."""
    return jars("jdbc", _SOURCE)


if __name__ == "__main__":
    write_lock(_SOURCE)
