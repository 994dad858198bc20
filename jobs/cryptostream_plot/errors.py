"""What keeps a picture from being drawn."""


class NothingToPlotError(Exception):
    """The database holds nothing of what was asked for; the text says what it does hold."""
