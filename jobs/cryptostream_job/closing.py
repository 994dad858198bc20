"""When panes and windows close: a function of the symbol's own clock, not of batches, other symbols or wall time.

All times are UTC microseconds. Results are ranges, so a clock that leaps by years costs nothing until it is walked.
"""

from cryptostream_job.model import Geometry


def origin_of(geometry: Geometry, first_clock: int) -> int:
    """A symbol's origin: the start of the pane of its first record's clock."""
    return geometry.pane_start(first_clock)


def first_window_end(geometry: Geometry, origin: int) -> int:
    """End of a symbol's first window: the smallest multiple of slide that leaves a whole window after the origin."""
    return -(-(origin + geometry.window) // geometry.slide) * geometry.slide


def initial_panes_closed_through(geometry: Geometry, origin: int) -> int:
    """The largest pane end that no on-time trade of a new symbol can fall before.

    It lies before the origin: a trade shortly after the first record may be older by less than the allowed lateness,
    and so belong to an earlier pane that is still open.
    """
    return geometry.pane_start(origin - geometry.allowed_lateness)


def initial_windows_closed_through(geometry: Geometry, origin: int) -> int:
    """The end on the slide's grid just before a symbol's first window."""
    return first_window_end(geometry, origin) - geometry.slide


def closed_pane_ends(geometry: Geometry, clock: int, panes_closed_through: int) -> range:
    """Ends of the panes that this clock closes and that were not closed before, ascending."""
    return _ends_between(panes_closed_through, clock - geometry.allowed_lateness, geometry.pane)


def closed_window_ends(geometry: Geometry, origin: int, clock: int, windows_closed_through: int) -> range:
    """Ends of the windows that this clock closes and that were not closed before, ascending.

    They are the multiples of slide with ``end - window >= origin`` and ``end + allowed_lateness <= clock``.
    """
    through = max(windows_closed_through, initial_windows_closed_through(geometry, origin))
    return _ends_between(through, clock - geometry.allowed_lateness, geometry.slide)


def next_window_end(geometry: Geometry, origin: int, windows_closed_through: int) -> int:
    """End of the open window that closes next: the smallest one that is not closed."""
    through = max(windows_closed_through, initial_windows_closed_through(geometry, origin))
    return through - through % geometry.slide + geometry.slide


def oldest_needed_pane(geometry: Geometry, panes_closed_through: int, windows_closed_through: int) -> int:
    """Start of the oldest pane that must be known: one that is still open, or that lies in the next window to close.

    A symbol's first panes are open before they lie in any window.
    """
    return min(panes_closed_through, windows_closed_through + geometry.slide - geometry.window)


def open_pane_ends(geometry: Geometry, origin: int, clock: int, panes_closed_through: int) -> range:
    """Ends of the open panes worth judging, ascending: as ``open_window_ends``, of panes from the origin on."""
    first = max(panes_closed_through, origin) + geometry.pane
    ends_after_clock = geometry.pane_start(clock) + geometry.pane
    return range(first, max(first, ends_after_clock) + 1, geometry.pane)


def open_window_ends(geometry: Geometry, origin: int, clock: int, windows_closed_through: int) -> range:
    """Ends of the open windows worth judging: from the next one to close to the first that ends after the clock.

    Those in between have ended and wait for late trades; later ones hold less of their trades than the last of these.
    """
    first = next_window_end(geometry, origin, windows_closed_through)
    ends_after_clock = clock - clock % geometry.slide + geometry.slide
    return range(first, max(first, ends_after_clock) + 1, geometry.slide)


def _ends_between(after: int, up_to: int, step: int) -> range:
    """Multiples of ``step`` in ``(after, up_to]``."""
    return range(after - after % step + step, up_to + 1, step)
