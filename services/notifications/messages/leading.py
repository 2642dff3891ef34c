"""Words that lead somewhere: what mail programs make a link of, though nobody wrote one. Pure.

What answers by itself repeats no such words: whoever wrote them would have us send their address to somebody else.
"""

from __future__ import annotations

import re
import unicodedata

_DOTS = str.maketrans({"\u3002": ".", "\uff61": "."})
"""Full stops that stand in domain names too (UTS 46)."""
_LEADS = re.compile(
    r"""
      ://  |  \bwww\b  |  \bhttps?\b  |  \b(?:mailto|tel|sms|javascript|data):  |  @
    | [^\s.]\.[^\W\d_]{2}            # evil.example; after the dot of an initial stands a space, or one letter
    | \bxn--                         # a domain in other letters
    | \b\d{1,3}(?:\.\d{1,3}){3}\b    # an address of the network
    """,
    re.IGNORECASE | re.VERBOSE,
)


def leads(said: str) -> bool:
    """Whether a text holds such words, also with signs between that nobody sees, or in letters of another width."""
    plain = unicodedata.normalize("NFKC", said).translate(_DOTS)
    return bool(_LEADS.search("".join(c for c in plain if unicodedata.category(c) != "Cf")))
