"""The words that mail programs write around those of others, by language, in lower case."""

from __future__ import annotations

from typing import Final

OPENERS: Final = (
    "on ", "wiadomość napisana przez ", "vào ", "lúc ", "ngày ", "thứ ", "am ", "den ", "op ", "le ", "el ",
    "il ", "em ", "w dniu ", "dnia ", "dne ", "ons ", "ma ", "ti ", "ke ", "pe ", "la ", "su ", "pada ",
    "στις ", "την ", "ในวันที่", "เมื่อ", "în ", "в ", "в\u00a0", "у ", "du ", "trên ", "从 ", "在 ", "在",
    "于", "於 ", "von:", "date:", "dia ", "no dia ",
)  # fmt: skip
"""How a line begins that says who wrote what follows ("On ..., Lan wrote:")."""

VERBS: Final = (
    "wrote", "writes", "đã viết", "viết", "schrieb", "schrieben", "geschrieben", "skrev", "schreef",
    "geschreven", "a écrit", "escribió", "escribio", "ha scritto", "escreveu", "napisał", "napisał(a)",
    "napisała", "napisana przez", "napsal", "napsala", "napsal(a)", "kirjoitti", "пишет", "написал",
    "написал(а)", "писал(а)", "пише", "написав", "написав(-ла)", "写道", "寫道", "のメール",
    "さんが書きました", "님이 작성", "님이 씀", "작성", "yazdı", "şunu yazdı", "menulis", "เขียนว่า", "เขียน",
    "έγραψε", "ezt írta", "írta", "a scris", "escriviu", "kirjutas", "rašė",
)  # fmt: skip

SELVES: Final = (
    "you wrote", "i wrote", "we wrote", "they wrote", "he wrote", "she wrote", "tôi đã viết", "tôi viết",
    "em đã viết", "em viết", "bạn đã viết", "bạn viết", "anh đã viết", "anh viết", "chị đã viết", "chị viết",
    "mình đã viết", "mình viết", "shop đã viết", "shop viết", "ich geschrieben", "je a écrit", "tu m'a écrit",
    "yo escribió",
)  # fmt: skip
"""How people end who tell of it themselves."""

FROM: Final = frozenset(
    {"from", "từ", "người gửi", "von", "de", "de la", "da", "van", "od", "från", "fra", "lähettäjä", "от",
     "от кого", "від", "差出人", "发件人", "寄件者", "寄件人", "보낸 사람", "보낸사람", "kimden", "gönderen",
     "จาก", "dari", "από", "feladó", "expéditeur", "mittente", "remitente", "remetente", "expeditor",
     "nadawca", "отправитель", "відправник", "送信者", "afsender", "avsändare", "avsender", "afzender",
     "absender", "odesílatel", "pengirim", "ผู้ส่ง"}
)  # fmt: skip
SUBJECT: Final = frozenset(
    {"subject", "chủ đề", "tiêu đề", "betreff", "objet", "sujet", "asunto", "oggetto", "onderwerp", "temat",
     "předmět", "ämne", "emne", "assunto", "aihe", "тема", "件名", "主题", "主題", "主旨", "제목", "konu",
     "เรื่อง", "หัวเรื่อง", "hal", "subjek", "perihal", "judul", "θέμα", "tárgy", "subiect", "subiectul", "re"}
)  # fmt: skip
SENT: Final = frozenset(
    {"sent", "đã gửi", "gửi", "gửi lúc", "ngày gửi", "gesendet", "envoyé", "envoyé le", "enviado",
     "enviado el", "enviada em", "enviado em", "inviato", "data invio", "verzonden", "wysłano", "wysłane",
     "odesláno", "skickat", "sendt", "lähetetty", "отправлено", "надіслано", "送信日時", "送信", "发送时间",
     "发送日期", "傳送時間", "寄件日期", "보낸 날짜", "gönderildi", "gönderilme", "ส่ง", "ส่งเมื่อ", "dikirim",
     "terkirim", "στάλθηκε", "απεστάλη", "elküldve", "küldve", "trimis", "trimis la"}
)  # fmt: skip
DATE: Final = frozenset(
    {"date", "ngày", "thời gian", "datum", "fecha", "data", "dato", "päivämäärä", "päiväys", "дата", "日付",
     "日時", "日期", "时间", "날짜", "tarih", "วันที่", "tanggal", "ημερομηνία", "ημ/νία", "dátum", "dată",
     "кога"}
)  # fmt: skip
TO: Final = frozenset(
    {"to", "tới", "đến", "người nhận", "an", "à", "a", "para", "aan", "do", "komu", "till", "til",
     "vastaanottaja", "кому", "宛先", "收件人", "收件者", "받는 사람", "받는사람", "kime", "alıcı", "ถึง",
     "kepada", "ke", "untuk", "προς", "címzett", "către", "catre", "destinataire", "destinatario",
     "destinatário", "empfänger", "mottagare", "mottaker", "modtager", "ontvanger", "příjemce", "odbiorca",
     "получатель", "одержувач"}
)  # fmt: skip
SENT_OR_TO: Final = SENT | DATE | TO
LABELS: Final = FROM | SENT_OR_TO | SUBJECT
"""Labels of the block that Outlook, and others in another order, put above the mail it answers."""

ORIGINAL: Final = (
    "original message", "original appointment", "original mail", "original e-mail", "original email",
    "reply message", "tin nhắn gốc", "thư gốc", "thư ban đầu", "thư trước", "tin nhắn ban đầu", "email gốc",
    "nội dung gốc", "ursprüngliche nachricht", "originalnachricht", "original-nachricht", "ursprüngliche mail",
    "message d'origine", "message original", "message d’origine", "message initial", "mensaje original",
    "messaggio originale", "messaggio originario", "oorspronkelijk bericht", "origineel bericht",
    "original besked", "oprindelig besked", "oprindelig meddelelse", "oprindelig mail",
    "ursprungligt meddelande", "originalmeddelande", "opprinnelig melding", "original melding",
    "originalmelding", "wiadomość oryginalna", "oryginalna wiadomość", "pierwotna wiadomość",
    "treść oryginalnej", "mensagem original", "původní zpráva", "původní e-mail", "alkuperäinen viesti",
    "исходное сообщение", "исходное письмо", "оригинальное сообщение", "оригінальне повідомлення",
    "початкове повідомлення", "вихідне повідомлення", "özgün ileti", "orijinal mesaj", "orijinal ileti",
    "元のメッセージ", "元のメール", "原始邮件", "原始郵件", "原邮件", "回复的原邮件", "回覆的原郵件",
    "原始消息", "원본 메시지", "원본 메일", "원본메시지", "ข้อความต้นฉบับ", "ข้อความเดิม", "pesan asli",
    "pesan awal", "αρχικό μήνυμα", "eredeti üzenet", "eredeti levél", "mesaj original", "mesajul original",
    "mesaj inițial",
)  # fmt: skip
"""What stands between dashes above the mail that is answered."""

FORWARDED: Final = (
    "forwarded message", "forwarded by", "begin forwarded message", "thư đã chuyển tiếp",
    "tin nhắn đã chuyển tiếp", "thư được chuyển tiếp", "tin nhắn được chuyển tiếp", "tin nhắn chuyển tiếp",
    "bắt đầu thư được chuyển tiếp", "thư chuyển tiếp", "weitergeleitete nachricht",
    "anfang der weitergeleiteten", "message transféré", "message réexpédié", "début du message",
    "mensaje reenviado", "inicio del mensaje reenviado", "messaggio inoltrato", "inizio messaggio inoltrato",
    "doorgestuurd bericht", "begin doorgestuurd", "videresendt", "videresendt besked", "vidarebefordrat",
    "vidarebefordrat meddelande", "przekazana wiadomość", "wiadomość przekazana", "mensagem encaminhada",
    "mensagem reencaminhada", "välitetty viesti", "edelleenlähetetty", "přeposlaná zpráva",
    "пересылаемое сообщение", "пересланное сообщение", "переслане повідомлення", "iletilen mesaj",
    "yönlendirilmiş ileti", "転送されたメッセージ", "転送メッセージ", "转发的邮件", "转发的信息", "轉寄的郵件",
    "전달된 메시지", "전달한 메시지", "ข้อความที่ส่งต่อ", "pesan yang diteruskan", "pesan terusan",
    "προωθημένο μήνυμα", "továbbított üzenet", "mesaj redirecționat", "mesaj transmis",
)  # fmt: skip
FORWARDED_SUBJECTS: Final = (
    "fw:", "fwd:", "wg:", "tr:", "rv:", "chuyển tiếp:", "doorst:", "vb:", "pd:", "enc:", "i:", "переслано:",
    "转发:", "转发：", "轉寄:", "전달:", "転送:", "ilt:", "vs: fwd", "πρθ:", "trs:",
)  # fmt: skip

ABOVE: Final = (
    "reply above this line",
    "type your reply above",
    "trả lời phía trên dòng này",
    "trả lời bên trên dòng này",
)
"""Helpdesks ask for it; what is below such a line is theirs."""

SENT_FROM: Final = (
    "sent from ", "sent via ", "sent with ", "sent using ", "get outlook for ", "gửi từ ", "đã gửi từ ",
    "được gửi từ ", "gửi bằng ", "đã gửi bằng ", "tải outlook cho ", "tải xuống outlook cho ", "von meinem ",
    "von meiner ", "gesendet von ", "gesendet mit ", "gesendet vom ", "diese nachricht wurde von meinem ",
    "outlook für ", "holen sie sich outlook für ", "envoyé de ", "envoyé depuis ", "envoyé à partir ",
    "envoyé avec ", "provenance : ", "télécharger outlook pour ", "obtenir outlook pour ", "enviado desde ",
    "enviado con ", "enviado de ", "enviado do ", "enviado a partir ", "obtener outlook para ",
    "obter o outlook para ", "obter outlook para ", "inviato da ", "inviato dal ", "inviato con ",
    "scarica outlook per ", "ottieni outlook per ", "verzonden vanaf ", "verzonden vanuit ", "verzonden met ",
    "verstuurd vanaf ", "verstuurd vanuit ", "outlook voor ", "download outlook voor ", "sendt fra ",
    "sendt med ", "hent outlook til ", "få outlook til ", "skaff deg outlook for ", "hent outlook for ",
    "skickat från ", "skickat med ", "hämta outlook för ", "skaffa outlook för ", "lähetetty ",
    "hanki outlook ", "wysłane z ", "wysłano z ", "pobierz outlook dla ", "pobierz program outlook dla ",
    "odesláno z ", "odesláno ze ", "získat outlook pro ", "získejte outlook pro ", "отправлено с ",
    "отправлено из ", "отправлено через ", "скачать outlook для ", "получить outlook для ", "надіслано з ",
    "відправлено з ", "завантажити outlook для ", "发自我的", "发自", "來自我的", "從我的", "从我的", "寄自",
    "發自", "获取 outlook for ", "取得 outlook for ", "나의 ", "내 ", "ส่งจาก", "รับ outlook สำหรับ ",
    "dikirim dari ", "dapatkan outlook untuk ", "terkirim dari ", "στάλθηκε από ", "εστάλη από ",
    "απεστάλη από ", "αποκτήστε το outlook για ", "trimis de pe ", "trimis din ", "trimis de la ",
    "obțineți outlook pentru ", "descărcați outlook pentru ",
)  # fmt: skip
SENT_END: Final = (
    " gesendet", " gesendet.", " beziehen", " downloaden", "dan gönderildi", "den gönderildi", " gönderildi",
    "ından gönderildi", "から送信", "から送信されました", "より送信", "を入手", "에서 보냄", "에서 보냈습니다",
    " 다운로드", " 傳送", " 发送", "发送", " küldve", "ról küldve", "ről küldve", " beszerzése", " küldtem",
    " edinin", " alın",
)  # fmt: skip
"""What such a line ends with where the language puts it last."""
DEVICES: Final = (
    "iphone", "iphon", "ipad", "ipod", "android", "samsung", "galaxy", "blackberry", "huawei", "xiaomi",
    "redmi", "oppo", "vivo", "realme", "oneplus", "pixel", "nokia", "xperia", "motorola", "htc", "điện thoại",
    "smartphone", "mobile", "mobil", "phone", "handy", "tablet", "macbook", "outlook", "yahoo", "gmail",
    "windows", "proton", "thunderbird", "spark", "hotmail", "aol", "zalo", "airmail", "bluemail", "fairemail",
    "k-9", "k9", "superhuman", "zoho", "tutanota", "tuta", "fastmail", "mailbird", "em client", "roundcube",
    "naver", "daum", "kakao", "foxmail", "qq邮箱", "qq", "网易邮箱大师", "163", "mail.ru", "yandex", "web.de",
    "gmx", "ios", "mymail", "aquamail", "puhelime", "telefon", "telefone", "móvil", "celular", "cellulare",
    "телефон", "スマートフォン", "手机", "手機", "휴대폰", "โทรศัพท์", "ponsel", "κινητό", "mailo",
)  # fmt: skip
_FILLERS = """
    my the a an for with app mail e-mail email client network verizon at&t t-mobile vodafone orange viettel
    mobifone vinaphone von meinem meiner gesendet mail-app für auf aus mit dem der của tôi mình em dành cho
    thư bằng máy de mon ma mes depuis pour courrier l'application messagerie téléphone appareil mobile desde
    mi mis correo para aplicación do meu minha da dal mio mia posta per mijn vanaf vanuit voor min mitt
    mobil telefon från till app'en til appen mobilen z ze mojego mojej telefonu pro můj mého с из моего
    мобильного устройства почты почта для з мого пошти мій saya untuk aplikasi από το μου την εφαρμογή για
    pe al mea pentru umdan 'umdan uygulaması için az a'm -omról from via secure securely secured mobilgerät
    gerät diesem 我的 从 用 使用 のために điện thoại мобильной ru xiaomi
"""
FILLERS: Final = frozenset(_FILLERS.split())
"""Words beside a device in such a line. Another word is a sign that a person wrote it."""
