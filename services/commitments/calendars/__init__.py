"""Business calendars: when we are open, as wall time in a zone, and how long that is.

`model` is what a calendar is, `wall` how wall time lies on the line of instants, `hours` the arithmetic, `ical` the
reading of files. All of those are pure. `store`, `schemas` and `routes` are the edge.
"""

from services.commitments.calendars.hours import add, end_of_day, is_open, next_open, open_between
from services.commitments.calendars.model import Calendar, NoOpenTime, Window

__all__ = ["Calendar", "NoOpenTime", "Window", "add", "end_of_day", "is_open", "next_open", "open_between"]
