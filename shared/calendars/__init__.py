"""Business calendars: when somebody is open, as wall time in a zone, and how long that is. Pure.

`model` is what a calendar is, `wall` how wall time lies on the line of instants, `hours` the arithmetic, `ical` the
reading of files.
"""

from shared.calendars.hours import add, end_of_day, is_open, next_open, open_between
from shared.calendars.model import Calendar, NoOpenTime, Window

__all__ = ["Calendar", "NoOpenTime", "Window", "add", "end_of_day", "is_open", "next_open", "open_between"]
