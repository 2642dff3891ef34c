"""Authentication-Results (RFC 8601) and its kin: what the hosts on a mail's way found of its sender. Pure.

Anybody can write such a field into a mail: what it says counts only where the host that it names is trusted, and that
host has written the topmost of its fields itself. Which hosts those are is decided where the settings are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from services.intake.channels.items import SenderCheck
from services.intake.channels.mail.headers import Headers
from shared.contracts.intake import Authentication, Verdict

MOST_HOSTS = 20
LONGEST = 16 * 1024
"""Characters of one field that are read."""

_TOKEN = re.compile(r'\(|"(?:[^"\\]|\\.)*+"|;|[^\s();"]+|.', re.DOTALL)
_RESULT = re.compile(r"([a-z][a-z0-9-]{0,30})\s*(?:/\s*(\d{1,3})\s*)?=\s*([a-z]{1,20})(?![a-z0-9-])", re.IGNORECASE)
_OLD: Final = {"hardfail": Verdict.FAIL, "bestguesspass": Verdict.NONE}
"""Words of older versions and other hosts: the domain that was only guessed at has no policy."""


def claims(headers: Headers) -> tuple[SenderCheck, ...]:
    """What each host is said to have found, by its topmost field, the topmost host first. Nobody is trusted here."""
    found: dict[str, SenderCheck] = {}
    for field in headers.all("authentication-results"):
        check = _read(field[:LONGEST])
        if check and len(found) < MOST_HOSTS:
            found.setdefault(check.by, check)
    return tuple(found.values())


def trusted(checked: SenderCheck | None, claimed: Iterable[SenderCheck], hosts: Sequence[str]) -> Authentication | None:
    """What is believed: the provider's own word, and beside it the claim of the topmost host that is trusted."""
    names = {host.strip().lower().rstrip(".") for host in hosts}
    claim = next((one for one in claimed if one.by in names), None)
    if checked is None or claim is None:
        said = checked or claim
        return Authentication(by=said.by, spf=said.spf, dkim=said.dkim, dmarc=said.dmarc) if said else None
    return Authentication(
        by=f"{checked.by} and {claim.by}",
        spf=checked.spf or claim.spf,
        dkim=checked.dkim or claim.dkim,
        dmarc=checked.dmarc or claim.dmarc,
    )


def verdict_of(word: str | None) -> Verdict | None:
    """A provider's word for how a check ended; None where it says nothing."""
    lower = (word or "").strip().lower()
    try:
        return _OLD.get(lower) or Verdict(lower)
    except ValueError:
        return None


def worst(verdicts: Iterable[Verdict | None]) -> Verdict | None:
    """Of what several fields of one name say: a stranger may have written all but one, and would not speak ill."""
    said = [verdict for verdict in verdicts if verdict]
    return next((verdict for verdict in said if verdict is not Verdict.PASS), said[0] if said else None)


def _read(field: str) -> SenderCheck | None:
    """One field; None where it names no host, or is of a version that nobody has defined yet."""
    host, *parts = _parts(field)
    words = host.split()
    name = words[0].strip('"').lower().rstrip(".") if words else ""
    if not name or "=" in host or len(name) > 255 or words[1:] not in ([], ["1"]):
        return None
    results: dict[str, list[Verdict]] = {"spf": [], "dkim": [], "dmarc": []}
    for part in parts:
        said = _RESULT.match(part)
        if said and said[2] in (None, "1") and said[1].lower() in results and (verdict := verdict_of(said[3])):
            results[said[1].lower()].append(verdict)
    spf, dkim, dmarc = results.values()
    return SenderCheck(
        name,
        spf=next(iter(spf), None),  # of the envelope's sender; what is said of the server's greeting comes after it
        dkim=Verdict.PASS if Verdict.PASS in dkim else worst(dkim),  # one signature that holds is enough
        dmarc=worst(dmarc),
    )


def _parts(field: str) -> Iterator[str]:
    """Between semicolons, without comments; what stands in quotes separates nothing."""
    part: list[str] = []
    at = 0
    while token := _TOKEN.match(field, at):
        at = token.end()
        if token[0] == "(":
            at = _end_of_comment(field, at)
            part.append(" ")
        elif token[0] == ";":
            yield "".join(part).strip()
            part = []
        else:
            part.append(token[0])
    yield "".join(part).strip()


def _end_of_comment(field: str, at: int) -> int:
    """Comments stand in comments; one that does not end takes the rest."""
    depth = 1
    while at < len(field):
        match field[at]:
            case "\\":
                at += 1
            case "(":
                depth += 1
            case ")":
                depth -= 1
                if depth == 0:
                    return at + 1
        at += 1
    return len(field)
