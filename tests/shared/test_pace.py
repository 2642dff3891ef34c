"""The pace of a loop: the first batch waits for none, the next for what comes within a moment."""

from time import monotonic

from shared.pace import Pace


async def test_the_first_goes_at_once_and_the_next_when_the_moment_has_passed() -> None:
    pace, times = Pace(0.1), [monotonic()]
    for _ in range(3):
        await pace.keep()
        times.append(monotonic())
    assert times[1] - times[0] < 0.1
    assert times[2] - times[1] >= 0.099
    assert times[3] - times[2] >= 0.099
