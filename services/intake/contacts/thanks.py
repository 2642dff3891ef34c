"""The rule that tells a mere thank-you, which nobody owes an answer. Pure.

Every word must be one that thanks are made of: what says anything more is no thanks alone.
"""

from __future__ import annotations

import re
from typing import Final
from unicodedata import normalize

LONGEST = 400
"""Characters. Longer thanks say something more."""
MOST_NAME = 4
"""Words of a name, below a closing."""

_THANKS: Final = (
    "thank you", "thanks", "thank u", "thx", "tks", "cheers for", "many thanks", "much appreciated", "appreciate it",
    "cảm ơn", "cám ơn", "cảm on", "cam on", "xin cảm tạ", "danke", "vielen dank", "merci", "gracias", "obrigado",
    "obrigada", "grazie", "bedankt", "dank je", "dank u", "tack", "takk", "tak", "kiitos", "dziękuję", "dzięki",
    "děkuji", "díky", "спасибо", "дякую", "teşekkür", "ありがとう", "谢谢", "謝謝", "감사", "고맙", "ขอบคุณ",
    "terima kasih", "ευχαριστώ", "köszönöm", "mulțumesc",
)  # fmt: skip
_VOCABULARY = """
    thank thanks you u thx tks ty so very much a lot many for your the all again kind kindly quick fast help support
    reply answer response service effort time great good perfect awesome excellent wonderful super nice fine ok okay yes
    got it received and i we really truly appreciate appreciated everyone team guys sir madam dear hi hello hey have
    day weekend evening one too my that's that is was this solved works now well done
    cảm cám ơn cam on bạn anh chị em mình shop nhiều rất ạ nhé nha nhiệt tình hỗ trợ giúp đỡ đã vì sự ad admin các chúc
    ngày tốt lành vui vẻ ok oke okie dạ vâng xin chân thành quý công ty đội ngũ nhân viên được rồi nhận hàng hết lời quá
    danke vielen dank herzlichen für ihre deine hilfe schnelle antwort sehr schön super alles klar hallo guten tag
    merci beaucoup pour votre ton aide réponse bien à tous bonjour parfait muchas gracias por su tu ayuda todo perfecto
    hola muito obrigado obrigada pela ajuda tudo grazie mille per il vostro aiuto tutto perfetto ciao bedankt dank je u
    wel hartelijk voor de hulp tack så mycket för hjälpen takk for hjelpen tusen mange tak hjælpen kiitos paljon avusta
    dziękuję dzięki bardzo za pomoc děkuji díky moc спасибо большое вам за помощь дякую дуже teşekkür teşekkürler ederim
    çok terima kasih banyak ευχαριστώ πολύ köszönöm szépen mulțumesc mult
"""
_WORDS: Final = frozenset(_VOCABULARY.split())
_UNSPACED: Final = re.compile(
    r"(?:どうも|本当に|ご対応|ありがとう(?:ございま(?:す|した))?|お世話になりました|非常|十分|太|多|谢谢|謝謝|感谢|感謝|您|你|了|们|們|"
    r"정말|대단히|감사(?:합니다|드립니다|해요)?|고맙(?:습니다|워요)?|ขอบคุณ|มาก|ครับ|ค่ะ|คะ|นะ)+"
)
_CLOSINGS: Final = (
    "best", "best regards", "regards", "kind regards", "cheers", "sincerely", "yours", "br", "trân trọng", "thân mến",
    "thân ái", "mit freundlichen grüßen", "viele grüße", "liebe grüße", "mfg", "cordialement", "saludos", "abraços",
    "cordiali saluti", "groeten", "met vriendelijke groet", "hälsningar", "mvh", "pozdrawiam", "с уважением",
)  # fmt: skip
_GREETINGS: Final = ("hi ", "hello ", "dear ", "hey ", "chào ", "hallo ", "bonjour ", "hola ", "ciao ")
_PIECES = re.compile(r"[\n.!,;:、。！，…]+")
_NO_WORD = re.compile(r"[^\w' \u0300-\u036f\u0e30-\u0e4e]+")


def are_thanks_alone(text: str) -> bool:
    """Also below a greeting, with a name and a closing; never with a question or a figure."""
    said = normalize("NFC", text[: LONGEST + 1]).strip().lower()
    if not said or len(said) > LONGEST or "?" in said or "？" in said or any(c.isdigit() for c in said):
        return False
    if not any(thanks in said for thanks in _THANKS):
        return False
    pieces = [" ".join(_NO_WORD.sub(" ", piece).split()) for piece in _PIECES.split(said)]
    pieces = [piece for piece in pieces if piece]
    for at, piece in enumerate(pieces):
        if at == 0 and piece.startswith(_GREETINGS) and len(piece.split()) <= MOST_NAME and len(pieces) > 1:
            continue
        if piece in _CLOSINGS:
            return (
                at > 0
                and all(len(name.split()) <= MOST_NAME for name in pieces[at + 1 : at + 2])
                and at + 2 >= len(pieces)
            )
        if not (_UNSPACED.fullmatch(piece.replace(" ", "")) or all(word in _WORDS for word in piece.split())):
            return False
    return True
