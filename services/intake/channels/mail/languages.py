"""What mail programs write around the words of others, by language."""

from __future__ import annotations

from typing import Final

OPENERS: Final = (
    "on ", "vào ", "lúc ", "ngày ", "thứ ", "am ", "den ", "op ", "le ", "el ", "il ", "em ", "w dniu ", "dnia ",
    "dne ", "ons ", "ma ", "ti ", "ke ", "to ", "pe ", "la ", "su ",
)  # fmt: skip
"""How a line begins that says who wrote what follows ("On ..., Lan wrote:"), in lower case."""

VERBS: Final = (
    "wrote", "đã viết", "schrieb", "skrev", "schreef", "a écrit", "escribió", "ha scritto",
    "escreveu", "napisał", "napsal", "kirjoitti", "пишет", "написал", "写道", "寫道", "のメール", "님이 작성",
)  # fmt: skip

FROM: Final = frozenset(
    {"from", "từ", "người gửi", "von", "de", "da", "van", "od", "från", "fra", "lähettäjä", "от", "差出人", "发件人",
     "寄件者", "보낸 사람"}
)  # fmt: skip
SUBJECT: Final = frozenset(
    {"subject", "chủ đề", "tiêu đề", "betreff", "objet", "asunto", "oggetto", "onderwerp", "temat", "předmět", "ämne",
     "emne", "assunto", "aihe", "тема", "件名", "主题", "主旨", "제목"}
)  # fmt: skip
SENT_OR_TO: Final = frozenset(
    {"sent", "date", "to", "đã gửi", "gửi", "gửi lúc", "ngày gửi", "ngày", "thời gian", "tới", "đến", "người nhận",
     "gesendet", "datum", "an", "envoyé", "à", "enviado", "enviado el", "fecha", "para", "inviato", "a", "data",
     "verzonden", "aan", "wysłano", "do", "odesláno", "komu", "skickat", "till", "sendt", "dato", "til", "enviada em",
     "lähetetty", "vastaanottaja", "отправлено", "дата", "кому", "送信日時", "日付", "宛先", "发送时间", "收件人",
     "傳送時間", "收件者", "보낸 날짜", "받는 사람"}
)  # fmt: skip
"""Labels of the block that Outlook puts above the mail it answers, in lower case."""

ORIGINAL: Final = (
    "original message", "original appointment", "tin nhắn gốc", "thư gốc", "thư ban đầu", "ursprüngliche nachricht",
    "message d'origine", "mensaje original", "messaggio originale", "oorspronkelijk bericht", "original besked",
    "oprindelig meddelelse", "ursprungligt meddelande", "opprinnelig melding", "wiadomość oryginalna",
    "mensagem original", "původní zpráva", "元のメッセージ", "原始邮件", "원본 메시지",
)  # fmt: skip
"""What stands between dashes above the mail that is answered."""

FORWARDED: Final = (
    "forwarded message", "forwarded by", "begin forwarded message", "thư đã chuyển tiếp", "tin nhắn đã chuyển tiếp",
    "thư được chuyển tiếp", "tin nhắn được chuyển tiếp", "tin nhắn chuyển tiếp", "bắt đầu thư được chuyển tiếp",
    "weitergeleitete nachricht", "message transféré", "mensaje reenviado", "messaggio inoltrato",
    "doorgestuurd bericht", "videresendt", "vidarebefordrat", "przekazana wiadomość", "mensagem encaminhada",
    "転送されたメッセージ", "转发的邮件",
)  # fmt: skip
FORWARDED_SUBJECTS: Final = ("fw:", "fwd:", "wg:", "tr:", "rv:", "chuyển tiếp:", "doorst:", "vb:", "pd:", "enc:")

ABOVE: Final = (
    "reply above this line",
    "type your reply above",
    "trả lời phía trên dòng này",
    "trả lời bên trên dòng này",
)
"""Helpdesks ask for it; what is below such a line is theirs."""

SENT_FROM: Final = (
    "sent from ", "sent via ", "get outlook for ", "gửi từ ", "đã gửi từ ", "được gửi từ ", "tải outlook cho ",
    "tải xuống outlook cho ", "von meinem ", "gesendet von ", "envoyé de mon ", "envoyé depuis ", "enviado desde ",
    "enviado do meu ", "inviato da ", "verzonden vanaf ", "sendt fra ", "skickat från ", "wysłane z ", "odesláno z ",
)  # fmt: skip
DEVICES: Final = (
    "iphone", "ipad", "android", "samsung", "galaxy", "blackberry", "huawei", "xiaomi", "oppo", "vivo", "nokia",
    "điện thoại", "smartphone", "mobile", "phone", "handy", "outlook", "yahoo", "gmail", "mail for windows",
    "thư dành cho windows", "proton", "thunderbird",
)  # fmt: skip
