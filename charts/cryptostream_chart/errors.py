"""What can be wrong with the chart's sources."""


class ChartError(Exception):
    """Values, schema and documents do not fit together; the text says where and what to do."""
