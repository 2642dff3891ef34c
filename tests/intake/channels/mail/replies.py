"""Replies as the programs of mail write them, by language: what is above the old mail, and what must stay as it is.

Every case is an answer of one's own and the lines a program puts below it, in its own form for that language.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple


class Language(NamedTuple):
    """`said` is a customer's answer, `old` what they were asked. `headers` are one program's each."""

    said: str
    old: str
    headers: tuple[str, ...]
    labels: tuple[str, str, str, str]
    """From, sent, to, subject, as Outlook writes them; `date` and others by themselves."""
    originals: tuple[str, ...]
    devices: tuple[str, ...]


S = "Support <help@shop.example>"

LANGUAGES: Final[dict[str, Language]] = {
    "vi": Language(
        "Vâng, chị lấy cả hai nhé.",
        "Chị có lấy cả hai không ạ?",
        (
            f"Vào Th 3, 13 thg 1, 2026 vào lúc 09:12 {S} đã viết:",
            f"Vào Thứ Ba, 13 tháng 1, 2026 lúc 09:12:44 SA GMT+7, {S} đã viết:",
            f"Vào 09:12, 13 thg 1, 2026, {S} đã viết:",
            f"Vào ngày 13 thg 1, 2026, lúc 09:12, {S} viết:",
            "Vào 13/01/2026 09:12, Support đã viết:",
            f"Ngày 13/01/2026 lúc 09:12, {S} đã viết:",
            f"Lúc 09:12 13/01/2026, {S} đã viết:",
            f"---- Trên Th 3, 13 thg 1 2026 09:12:44 +0700 {S} đã viết ----",
            "---- Support đã viết ----",
            f"{S} đã viết vào 13/01/2026 09:12:",
            "Vào Th 3, 13 thg 1, 2026 vào lúc 09:12 Chăm sóc khách hàng <\nhelp@shop.example> đã viết:",
        ),
        ("Từ", "Đã gửi", "Tới", "Chủ đề"),
        ("Tin nhắn gốc", "Thư gốc", "Thư ban đầu"),
        (
            "Đã gửi từ iPhone của tôi",
            "Gửi từ iPad của tôi",
            "Được gửi từ điện thoại Samsung của tôi",
            "Đã gửi từ Yahoo Mail trên Android",
            "Tải Outlook cho iOS<https://aka.ms/o0ukef>",
            "Đã gửi từ Thư dành cho Windows",
            "Gửi từ điện thoại Xiaomi của tôi",
            "Gửi từ Zalo",
        ),
    ),
    "en": Language(
        "Yes please, both of them.",
        "Shall we send both?",
        (
            f"On Tue, Jan 13, 2026 at 9:12 AM {S} wrote:",
            f"On Tuesday, January 13, 2026 at 09:12:44 AM GMT+7, {S} wrote:",
            f"On Tuesday, January 13th, 2026 at 09:12, {S} wrote:",
            f"On 13 Jan 2026, at 09:12, {S} wrote:",
            f"On 13 Jan 2026 at 9:12 AM +0700, {S}, wrote:",
            "On 2026-01-13 09:12, Support wrote:",
            f"On January 13, 2026 9:12:44 AM GMT+07:00, {S} wrote:",
            f"---- On Tue, 13 Jan 2026 09:12:44 +0700 {S} wrote ----",
            "---- Support wrote ----",
            f"{S} wrote on 13/01/2026 09:12:44:",
            '13.01.2026, 09:12, "Support" <help@shop.example>:',
            "On Tue, Jan 13, 2026 at 9:12 AM A Very Long Name Of A Shop\n<help@shop.example>\nwrote:",
        ),
        ("From", "Sent", "To", "Subject"),
        ("Original Message", "Original message", "Original Appointment"),
        (
            "Sent from my iPhone",
            "Sent from my Galaxy",
            "Sent from my BlackBerry 10 smartphone.",
            "Sent from Yahoo Mail on Android",
            "Sent from Mail for Windows 10",
            "Get Outlook for iOS<https://aka.ms/o0ukef>",
            "Sent with Proton Mail secure email.",
            "Sent via the Samsung Galaxy S23, an AT&T 5G smartphone",
            "Sent from Outlook for Android",
        ),
    ),
    "de": Language(
        "Ja bitte, beide.",
        "Sollen wir beide schicken?",
        (
            f"Am Di., 13. Jan. 2026 um 09:12 Uhr schrieb {S}:",
            f"Am 13.01.2026 um 09:12 schrieb {S}:",
            f"Am Dienstag, 13. Januar 2026 um 09:12:44 MEZ hat {S} Folgendes geschrieben:",
            f"Am 2026-01-13 09:12, schrieb {S}:",
            f"---- Am Di, 13 Jan 2026 09:12:44 +0100 {S} schrieb ----",
            "---- Support schrieb ----",
        ),
        ("Von", "Gesendet", "An", "Betreff"),
        ("Ursprüngliche Nachricht", "Originalnachricht", "Original-Nachricht"),
        ("Von meinem iPhone gesendet", "Gesendet von Mail für Windows", "Von meinem Samsung Galaxy gesendet.",
         "Outlook für Android beziehen", "Gesendet mit der GMX Mail App"),
    ),
    "fr": Language(
        "Oui, les deux.",
        "On expédie les deux ?",
        (
            f"Le mar. 13 janv. 2026 à 09:12, {S} a écrit :",
            f"Le 13 janv. 2026 à 09:12, {S} a écrit :",
            "Le 13/01/2026 à 09:12, Support a écrit :",
            f"Le mardi 13 janvier 2026 à 09:12:44 UTC+1, {S} a écrit :",
            f"---- Le mar., 13 janv. 2026 09:12:44 +0100 {S} a écrit ----",
        ),
        ("De", "Envoyé", "À", "Objet"),
        ("Message d'origine", "Message original"),
        ("Envoyé de mon iPhone", "Envoyé depuis mon mobile Orange", "Télécharger Outlook pour iOS",
         "Provenance : Courrier pour Windows", "Envoyé à partir de Outlook pour Android"),
    ),
    "es": Language(
        "Sí, los dos.",
        "¿Enviamos los dos?",
        (
            "El mar, 13 ene 2026 a las 9:12, Support (<help@shop.example>) escribió:",
            f"El 13 ene 2026, a las 9:12, {S} escribió:",
            "El 13/01/2026 a las 9:12, Support escribió:",
            f"El martes, 13 de enero de 2026, 09:12:44 CET, {S} escribió:",
        ),
        ("De", "Enviado el", "Para", "Asunto"),
        ("Mensaje original",),
        ("Enviado desde mi iPhone", "Obtener Outlook para Android", "Enviado desde Correo para Windows",
         "Enviado desde Yahoo Mail para Android"),
    ),
    "pt": Language(
        "Sim, os dois.",
        "Enviamos os dois?",
        (
            f"Em ter., 13 de jan. de 2026 às 09:12, {S} escreveu:",
            f"Em 13 de jan. de 2026, à(s) 09:12, {S} escreveu:",
            "Em 13/01/2026 09:12, Support escreveu:",
            f"No dia 13 de janeiro de 2026 às 09:12, {S} escreveu:",
        ),
        ("De", "Enviada em", "Para", "Assunto"),
        ("Mensagem original",),
        ("Enviado do meu iPhone", "Obter o Outlook para iOS", "Enviado do Email para Windows"),
    ),
    "it": Language(
        "Sì, tutti e due.",
        "Spediamo tutti e due?",
        (
            f"Il giorno mar 13 gen 2026 alle ore 09:12 {S} ha scritto:",
            f"Il giorno 13 gen 2026, alle ore 09:12, {S} ha scritto:",
            "Il 13/01/2026 09:12, Support ha scritto:",
            f"Il martedì 13 gennaio 2026 alle ore 09:12:44 CET, {S} ha scritto:",
        ),
        ("Da", "Inviato", "A", "Oggetto"),
        ("Messaggio originale",),
        ("Inviato da iPhone", "Scarica Outlook per Android", "Inviato da Posta per Windows"),
    ),
    "nl": Language(
        "Ja graag, allebei.",
        "Zullen we ze allebei sturen?",
        (
            f"Op di 13 jan 2026 om 09:12 schreef {S}:",
            f"Op 13 jan. 2026, om 09:12 heeft {S} het volgende geschreven:",
            f"Op 13-01-2026 om 09:12 schreef {S}:",
            f"---- Op di, 13 jan 2026 09:12:44 +0100 {S} schreef ----",
        ),
        ("Van", "Verzonden", "Aan", "Onderwerp"),
        ("Oorspronkelijk bericht",),
        ("Verstuurd vanaf mijn iPhone", "Verzonden vanuit Mail voor Windows", "Outlook voor iOS downloaden"),
    ),
    "da": Language(
        "Ja tak, begge to.",
        "Skal vi sende begge?",
        (
            f"Den tirs. 13. jan. 2026 kl. 09.12 skrev {S}:",
            f"Den 13. jan. 2026 kl. 09.12 skrev {S}:",
        ),
        ("Fra", "Sendt", "Til", "Emne"),
        ("Original besked", "Oprindelig besked", "Oprindelig meddelelse"),
        ("Sendt fra min iPhone", "Hent Outlook til iOS"),
    ),
    "sv": Language(
        "Ja tack, båda.",
        "Ska vi skicka båda?",
        (
            f"Den tis 13 jan. 2026 kl 09:12 skrev {S}:",
            f"13 jan. 2026 kl. 09:12 skrev {S}:",
        ),
        ("Från", "Skickat", "Till", "Ämne"),
        ("Ursprungligt meddelande", "Originalmeddelande"),
        ("Skickat från min iPhone", "Hämta Outlook för iOS"),
    ),
    "nb": Language(
        "Ja takk, begge.",
        "Skal vi sende begge?",
        (
            f"tir. 13. jan. 2026 kl. 09:12 skrev {S}:",
            f"Den 13. jan. 2026 kl. 09:12 skrev {S}:",
        ),
        ("Fra", "Sendt", "Til", "Emne"),
        ("Opprinnelig melding", "Original melding"),
        ("Sendt fra min iPhone", "Skaff deg Outlook for Android"),
    ),
    "fi": Language(
        "Kyllä, molemmat.",
        "Lähetämmekö molemmat?",
        (
            "ti 13. tammik. 2026 klo 9.12 Support (help@shop.example) kirjoitti:",
            f"{S} kirjoitti 13.1.2026 kello 9.12:",
        ),
        ("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"),
        ("Alkuperäinen viesti",),
        ("Lähetetty iPhonesta", "Lähetetty Samsung Galaxy -puhelimesta"),
    ),
    "pl": Language(
        "Tak, oba.",
        "Czy wysłać oba?",
        (
            f"wt., 13 sty 2026 o 09:12 {S} napisał(a):",
            f"W dniu 2026-01-13 09:12, {S} napisał(a):",
            f"Wiadomość napisana przez {S} w dniu 13 sty 2026, o godz. 09:12:",
        ),
        ("Od", "Wysłano", "Do", "Temat"),
        ("Wiadomość oryginalna", "Oryginalna wiadomość"),
        ("Wysłane z iPhone'a", "Pobierz Outlook dla iOS", "Wysłane z mojego telefonu Samsung"),
    ),
    "cs": Language(
        "Ano, oba.",
        "Máme poslat oba?",
        (
            f"út 13. 1. 2026 v 9:12 odesílatel {S} napsal:",
            f"Dne 13. 1. 2026 v 9:12 {S} napsal(a):",
        ),
        ("Od", "Odesláno", "Komu", "Předmět"),
        ("Původní zpráva", "Původní e-mail"),
        ("Odesláno z iPhonu", "Získat Outlook pro Android"),
    ),
    "ru": Language(
        "Да, оба.",
        "Отправить оба?",
        (
            f"вт, 13 янв. 2026 г. в 09:12, {S}:",
            f"13 янв. 2026 г., в 09:12, {S} написал(а):",
            f"Вторник, 13 января 2026, 9:12 +03:00 от {S}:",
            '13.01.2026, 09:12, "Support" <help@shop.example>:',
        ),
        ("От", "Отправлено", "Кому", "Тема"),
        ("Исходное сообщение", "Исходное письмо"),
        ("Отправлено с iPhone", "Скачать Outlook для iOS", "Отправлено из мобильной Почты Mail.ru"),
    ),
    "uk": Language(
        "Так, обидва.",
        "Надіслати обидва?",
        (
            f"вт, 13 січ. 2026 р. о 09:12 {S} пише:",
            f"13 січ. 2026 р. о 09:12 {S} написав(-ла):",
        ),
        ("Від", "Надіслано", "Кому", "Тема"),
        ("Оригінальне повідомлення", "Вихідне повідомлення"),
        ("Надіслано з iPhone", "Завантажити Outlook для Android"),
    ),
    "tr": Language(
        "Evet, ikisini de.",
        "İkisini de gönderelim mi?",
        (
            f"{S}, 13 Oca 2026 Sal, 09:12 tarihinde şunu yazdı:",
            f"{S} şunları yazdı (13 Oca 2026 09:12):",
        ),
        ("Kimden", "Gönderildi", "Kime", "Konu"),
        ("Özgün İleti", "Orijinal mesaj"),
        ("iPhone'umdan gönderildi", "Samsung Galaxy telefonumdan gönderildi"),
    ),
    "ja": Language(
        "はい、両方お願いします。",
        "両方お送りしましょうか。",
        (
            f"2026年1月13日(火) 9:12 {S}:",
            f"2026/01/13 9:12、{S}のメール:",
            f"2026年1月13日(火) 9:12 {S} さんが書きました:",
        ),
        ("差出人", "送信日時", "宛先", "件名"),
        ("元のメッセージ", "Original Message"),
        ("iPhoneから送信", "Android用メールから送信", "Outlook for iOS を入手"),
    ),
    "zh-cn": Language(
        "好的，两个都要。",
        "两个都寄吗？",
        (
            f"{S} 于2026年1月13日周二 09:12写道：",
            f"在 2026年1月13日，09:12，{S} 写道：",
            '在 2026-01-13 09:12:44，"Support" <help@shop.example> 写道：',
            f"于 2026年1月13日 GMT+08:00 09:12:44, {S} 写道:",
        ),
        ("发件人", "发送时间", "收件人", "主题"),
        ("原始邮件", "回复的原邮件"),
        ("发自我的 iPhone", "发自我的手机", "获取 Outlook for iOS", "发自我的小米手机"),
    ),
    "zh-tw": Language(
        "好的，兩個都要。",
        "兩個都寄嗎？",
        (
            f"{S} 於 2026年1月13日 週二 上午9:12寫道：",
            f"{S} 在 2026年1月13日 上午9:12 寫道：",
        ),
        ("寄件者", "傳送時間", "收件者", "主旨"),
        ("原始郵件",),
        ("從我的 iPhone 傳送", "取得 Outlook for Android", "來自我的手機"),
    ),
    "ko": Language(
        "네, 둘 다요.",
        "둘 다 보낼까요?",
        (
            f"2026년 1월 13일 (화) 오전 9:12, {S}님이 작성:",
            f"2026. 1. 13. 오전 9:12, {S} 작성:",
        ),
        ("보낸 사람", "보낸 날짜", "받는 사람", "제목"),
        ("원본 메시지", "Original Message"),
        ("나의 iPhone에서 보냄", "내 Galaxy 휴대폰에서 보냄"),
    ),
    "th": Language(
        "ได้ครับ ทั้งสองชิ้น",
        "ให้ส่งทั้งสองชิ้นไหม",
        (
            f"ในวันที่ อ. 13 ม.ค. 2026 เวลา 09:12 {S} เขียนว่า:",
            f"เมื่อ อ. 13 ม.ค. 2569 เวลา 09:12 {S} เขียนว่า:",
        ),
        ("จาก", "ส่ง", "ถึง", "เรื่อง"),
        ("ข้อความต้นฉบับ",),
        ("ส่งจาก iPhone ของฉัน",),
    ),
    "id": Language(
        "Ya, keduanya.",
        "Kami kirim keduanya?",
        (
            f"Pada tanggal Sel, 13 Jan 2026 pukul 09.12 {S} menulis:",
            f"Pada 13 Jan 2026, pukul 09.12, {S} menulis:",
        ),
        ("Dari", "Dikirim", "Kepada", "Subjek"),
        ("Pesan asli",),
        ("Dikirim dari iPhone saya", "Dapatkan Outlook untuk Android"),
    ),
    "el": Language(
        "Ναι, και τα δύο.",
        "Να στείλουμε και τα δύο;",
        (
            f"Στις Τρί 13 Ιαν 2026 στις 9:12 π.μ., ο χρήστης {S} έγραψε:",
            f"Στις 13 Ιαν 2026, 9:12 π.μ., ο/η {S} έγραψε:",
        ),
        ("Από", "Στάλθηκε", "Προς", "Θέμα"),
        ("Αρχικό μήνυμα",),
        ("Στάλθηκε από το iPhone μου", "Αποκτήστε το Outlook για iOS"),
    ),
    "hu": Language(
        "Igen, mindkettőt.",
        "Küldjük mindkettőt?",
        (
            f"{S} ezt írta (időpont: 2026. jan. 13., K, 9:12):",
            f"2026. 01. 13. 9:12 keltezéssel, {S} írta:",
        ),
        ("Feladó", "Elküldve", "Címzett", "Tárgy"),
        ("Eredeti üzenet",),
        ("Az iPhone-omról küldve",),
    ),
    "ro": Language(
        "Da, amândouă.",
        "Trimitem amândouă?",
        (
            f"În mar., 13 ian. 2026 la 09:12, {S} a scris:",
            f"Pe 13 ian. 2026, la 09:12, {S} a scris:",
        ),
        ("De la", "Trimis", "Către", "Subiect"),
        ("Mesaj original", "Mesajul original"),
        ("Trimis de pe iPhone-ul meu", "Obțineți Outlook pentru Android"),
    ),
}  # fmt: skip

MORE_LABELS: Final = (
    ("Từ", "Ngày", "Đến", "Chủ đề"), ("Người gửi", "Thời gian", "Người nhận", "Tiêu đề"),
    ("Từ", "Ngày gửi", "Tới", "Tiêu đề"), ("From", "Date", "To", "Subject"), ("Von", "Datum", "An", "Betreff"),
    ("De", "Envoyé le", "A", "Sujet"), ("De", "Date", "À", "Objet"), ("De", "Fecha", "Para", "Asunto"),
    ("De", "Data", "Para", "Assunto"), ("Da", "Data", "A", "Oggetto"), ("Van", "Datum", "Aan", "Onderwerp"),
    ("Fra", "Dato", "Til", "Emne"), ("Från", "Datum", "Till", "Ämne"), ("Od", "Data", "Do", "Temat"),
    ("Od", "Datum", "Komu", "Předmět"), ("От кого", "Дата", "Кому", "Тема"), ("发件人", "日期", "收件人", "主题"),
    ("寄件人", "日期", "收件者", "主旨"), ("보낸사람", "날짜", "받는사람", "제목"), ("差出人", "日付", "宛先", "件名"),
)  # fmt: skip
"""Labels of Apple Mail, Lotus Notes, Yahoo and programs of one country."""


def cut_cases() -> Iterator[tuple[str, str, str]]:
    """(name, text, what is new of it)."""
    for code, one in LANGUAGES.items():
        for number, header in enumerate(one.headers):
            quoted = "\n".join(f"> {line}" for line in one.old.split("\n"))
            yield f"{code} header {number} quoted", f"{one.said}\n\n{header}\n\n{quoted}\n", one.said
            yield f"{code} header {number} not quoted", f"{one.said}\n\n{header}\n\n{one.old}\n", one.said
        for number, order in enumerate(((0, 1, 2, 3), (0, 2, 1, 3), (1, 0, 2, 3), (3, 0, 1, 2))):
            yield f"{code} block {number}", f"{one.said}\n\n{block(one.labels, order)}\n\n{one.old}\n", one.said
        bold = block(one.labels, (0, 1, 2, 3), bold=True)
        yield f"{code} block bold", f"{one.said}\n\n{'_' * 32}\n{bold}\n\n{one.old}\n", one.said
        for original in one.originals:
            for dashes in ("-----", "-------- ", "\u2010" * 7 + " "):
                line = f"{dashes}{original}{dashes[::-1]}"
                yield f"{code} {line}", f"{one.said}\n\n{line}\n{one.labels[0]}: {S}\n\n{one.old}\n", one.said
        for device in one.devices:
            yield f"{code} {device}", f"{one.said}\n\n{device}\n", one.said
            yield f"{code} {device} above", f"{one.said}\n\n{device}\n\n{one.headers[0]}\n\n> {one.old}\n", one.said
    for labels in MORE_LABELS:
        for order in ((0, 1, 2, 3), (1, 2, 0, 3), (1, 0, 2, 3)):
            yield f"{labels} {order}", f"OK.\n\n{block(labels, order)}\n\nOld words\n", "OK."


def block(labels: tuple[str, str, str, str], order: tuple[int, ...], *, bold: bool = False) -> str:
    values = (S, "13.01.2026 09:12", "Lan <lan@kunde.example>", "Order 1042")
    star = "*" if bold else ""
    return "\n".join(f"{star}{labels[at]}:{star} {values[at]}" for at in order)


KEPT: Final = (
    "Please cancel the order.\n\nSent from my work address, please answer to my private one.",
    "Sent from Hanoi last week, and it is still not here.",
    "It was\n\nsent from my office on Monday",
    "Sent from my phone, so please excuse me: I need it by Friday!",
    "I have it.\n\nSent from my sister's account because mine is locked",
    "Hàng gửi cho em chưa tới.\n\nGửi từ Hà Nội ngày 5/8 mà nay vẫn chưa thấy",
    "Em hỏi chút.\n\nGửi từ bưu điện Huế, mã 123",
    "Đơn này\n\nđã gửi từ tuần trước đúng không ạ",
    "Das Paket\n\nGesendet von Hamburg nach Berlin",
    "Le colis\n\nEnvoyé de Lyon hier",
    "El paquete\n\nEnviado desde Madrid",
    "On Monday you wrote that it comes on Friday.\nIt did not come.",
    "On Monday you wrote:\nit comes on Friday.\nIt did not come.",
    "On 13/01/2026 at 09:12 you wrote:\nit comes on Friday.\nWhere is it?",
    "On Monday I wrote to help@shop.example the following:\nmy lamp is broken.",
    "On 5 January I wrote to help@shop.example:\nmy lamp is broken.",
    "On your page it says:\nfree until 2026.\nIs it?",
    "On it. Write to lan@kunde.example:\nthat is my new address.",
    "My address is lan@kunde.example:\nplease use that one from 2026.",
    "Vào lúc 10:00 ngày 5/8/2026 tôi đã viết:\nHàng lỗi, xin đổi.\nChưa ai trả lời.",
    "Vào lúc 10:00 ngày 5/8 tôi đã viết cho shop như sau:\nHàng lỗi, xin đổi.",
    "Vào thứ hai shop đã viết:\nmai giao.\nMai là hôm nào?",
    "Ngày 13/01/2026 lúc 09:12 em đã viết:\nxin hoàn tiền.\nĐến nay chưa có.",
    "Thứ 3 tuần trước bạn viết:\nđã gửi.\nNhưng chưa thấy.",
    "Am Montag haben Sie mir geschrieben:\nes kommt am Freitag.\nEs kam nicht.",
    "Le mardi vous m'avez écrit :\nça arrive.\nRien.",
    "El lunes usted escribió:\nllega el viernes.\nNo llegó.",
    "Il lunedì avete scritto:\narriva venerdì.",
    "Op maandag schreef u:\nhet komt vrijdag.",
    "Le 13/01/2026 à 09:12, votre collègue a écrit :\nle colis est parti.\nOù est-il ?",
    "On 13/01/2026 at 09:12 your driver wrote:\nI am there.\nHe was not.",
    "Vào 13/01/2026 09:12, nhân viên giao hàng đã viết:\nem tới rồi.\nMà không thấy.",
    "Am 13.01.2026 um 09:12 hat Ihr Kollege mir geschrieben:\nEs kommt.\nEs kam nicht.",
    "-- my wife wrote --\nplease call",
    "- original message is lost\n- the lamp is broken",
    "--original message was deleted, sorry\nthe lamp is broken",
    "From: lan@kunde.example\nTo: Hue\nDate: 13/01/2026 10:00\nTwo boxes, please.",
    "Gửi: 10:00 13/01/2026\nTừ: lan@kunde.example\nĐến: Huế\nHai thùng.",
    "From: Hanoi\nTo: Hue\nDate: 5 August\nPlease tell me the price.",
    "From: Hanoi To: Hue\nSubject to change, two persons.",
    "I move.\nFrom: Hanoi\nTo: Hue\nSubject: my furniture\nHow much is it?",
    "Cho mình hỏi vé\nTừ: Hà Nội\nĐến: Đà Nẵng\nNgày: 5/8\nCảm ơn",
    "Chuyển nhà\nTừ: 12 Lê Lợi\nTới: 5 Trần Phú\nThời gian: sáng mai\nBao nhiêu ạ?",
    "Date: tomorrow\nTo: the shop in Hue\nThanks",
    "Ngày: 5/8\nNgười nhận: Lan\nChủ đề: quà sinh nhật\nGói đẹp nhé",
    "Von: Hamburg\nAn: Berlin\nDatum: 5. August\nWas kostet das?",
    "De: Lyon\nÀ: Paris\nDate: lundi\nMerci",
    "De: Madrid\nPara: Sevilla\nFecha: lunes\nGracias",
    "Od: Kraków\nDo: Gdańsk\nData: jutro\nIle to kosztuje?",
    "Откуда\nОт: Москва\nКому: Ивану\nДата: завтра",
    "发件地址\n从: 北京\n日期: 明天\n多少钱？",
    "To: whom it may concern\nmy lamp is broken",
    "Subject: lamp\nIt is broken.",
    "Re: lamp\nIt is broken.",
    "Settings > Mail > Delete\nI did that and it is gone.",
    "I pay\n> 500k only with an invoice.",
    "Price:\n> 500 one piece\n< 500 two pieces",
    "What I need:\n> a new door\n> a new key",
    "Em cần:\n> đổi màu\n> đổi size",
    "It is\n>= 5 kg",
    "My rating:\n*****",
    "-----\nHello\n-----\nIt is broken",
    "The original message was clear:\nfree of charge.",
    "Original message I got: it is free.",
    "Thư gốc em đã xóa rồi ạ.",
    "- original packaging is lost\n- the lamp is broken",
    "--\nFirst\n" + "\n".join(f"Point {number}" for number in range(12)),
    "Line above this line is wrong, please correct.",
    "I wrote:\nplease call.\nNobody called.",
    "My wife wrote:\nplease call.\nNobody called.",
    "My order 1042 of 2026 at 09:12:\nwhere is it?",
    "2026-01-13 09:12 the driver came:\nnobody was there.",
    "13/01/2026 09:12: I called.\n14/01/2026 10:00: I called again.",
    "13:00 is fine.",
    "Write to <lan@kunde.example>:\nthat is my new address.",
    "Can I use Outlook on my iPhone",
    "Does it work with Android?",
    "My phone is a Samsung Galaxy",
    "I got it from my iPhone",
    "Tôi dùng iPhone",
    "Mình gửi từ iPhone cho shop hôm qua mà không thấy trả lời",
    "Ich habe das von meinem iPhone aus gesendet, kam es an?",
)
"""What a customer wrote themselves: nothing of it is cut."""

BELOW: Final = (
    ("On Mon, Aug 5, 2026 at 9:12 AM Lan <lan@x.example> wrote:\n> Shall we?\n\nYes, at noon.\n", "Yes, at noon."),
    ("> Shall we?\n\nYes.\n\n> And how many?\n\nTwo.\n", "Yes.\n\nTwo."),
    ("Hi,\n\nOn Tue, Jan 13, 2026 at 9:12 AM L <l@x.example> wrote:\n> One?\nYes.\n> Two?\nNo.", "Hi,\n\nYes.\n\nNo."),
    ("Vào Th 3, 13 thg 1, 2026 vào lúc 09:12 L <l@x.example> đã viết:\n> Địa chỉ?\n12 Huế\n> Số?\n5", "12 Huế\n\n5"),
    ("> Cho em xin địa chỉ?\n\n12 Lê Lợi, Quận 1\n\n> Số điện thoại ạ?\n\n0901\n", "12 Lê Lợi, Quận 1\n\n0901"),
    ("Am 13.01.2026 um 09:12 schrieb L <l@x.example>:\n> Eins?\n\nJa.\n", "Ja."),
)  # fmt: skip
"""Answers below and between what is quoted: the customer's lines stay."""
