"""Why a verification cannot be made."""


class UnreachableError(RuntimeError):
    """A part that the verification needs does not answer, or what it needs is not there; the text says which."""


def describe(error: object) -> str:
    """A library's error on one line."""
    return " ".join(str(error).split())
