"""The text and files of a WhatsApp message of any type, files by their media ids.

Source: developers.facebook.com, WhatsApp Business Platform, "messages webhook reference" and its pages by type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from services.intake.channels.chat import lines, place
from services.intake.channels.items import Attachment
from services.intake.channels.reading import dict_of, dicts_of, identifier, text

MEDIA = ("image", "video", "audio", "voice", "document", "sticker")


def words_of(message: Mapping[str, Any]) -> str | None:
    """The words in it. None: there are none, or of a kind that WhatsApp does not pass on (`unsupported`)."""
    kind = message.get("type")
    content = message.get(kind) if isinstance(kind, str) else None
    found = dict_of(content)
    match kind:
        case "text":
            return text(found.get("body"))
        case "location":
            return place(found.get("latitude"), found.get("longitude"), found.get("name"), found.get("address"))
        case "contacts":
            return lines(*(_card(one) for one in dicts_of(content)))
        case "order":
            return lines(found.get("text"), *(_ordered(one) for one in dicts_of(found.get("product_items"))))
        case "interactive":
            return _chosen(found)
        case "button":
            return text(found.get("text"))
        case "template":
            return lines(*_template(found)) or text(found.get("name"))
        case _:
            return text(found.get("caption")) if kind in MEDIA else None


def about_of(message: Mapping[str, Any]) -> str | None:
    """What it is said about and does not say itself: the advertisement or the product that it was sent from; of a kind
    that has no words here, what WhatsApp says of it."""
    referral, context = dict_of(message.get("referral")), dict_of(message.get("context"))
    shown = next((found for name in ("headline", "body", "source_url") if (found := text(referral.get(name)))), None)
    product = dict_of(context.get("referred_product"))
    shown = shown or identifier(product.get("product_retailer_id"))
    if shown or words_of(message) or files_of(message):
        return shown
    faults = dicts_of(message.get("errors"))
    return (text(faults[0].get("title")) if faults else None) or text(message.get("type"))


def files_of(message: Mapping[str, Any]) -> tuple[Attachment, ...]:
    kind = message.get("type")
    media = dict_of(message.get(kind)) if isinstance(kind, str) and kind in MEDIA else {}
    ref, url = identifier(media.get("id")), text(media.get("url"))
    if not ref and not url:
        return ()
    return (Attachment(text(media.get("filename")), text(media.get("mime_type")), ref=ref, url=url),)


def _card(contact: Mapping[str, Any]) -> str | None:
    name = text(dict_of(contact.get("name")).get("formatted_name"))
    numbers = [text(one.get("phone")) for one in dicts_of(contact.get("phones"))]
    mails = [text(one.get("email")) for one in dicts_of(contact.get("emails"))]
    return ", ".join(one for one in (name, *numbers, *mails) if one)


def _ordered(item: Mapping[str, Any]) -> str | None:
    name = identifier(item.get("product_retailer_id"))
    price = " ".join(str(one) for one in (item.get("item_price"), text(item.get("currency"))) if _is_plain(one))
    return f"{item['quantity']} x {name}, {price}" if name and price and _is_plain(item.get("quantity")) else name


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _chosen(interactive: Mapping[str, Any]) -> str | None:
    """What was chosen, by what stood on the button or in the list; of a form (`nfm_reply`) all that was filled in."""
    kind = interactive.get("type")
    reply = dict_of(interactive.get(kind)) if isinstance(kind, str) else {}
    if kind == "nfm_reply":
        return lines(reply.get("body"), reply.get("response_json"))
    chosen = lines(reply.get("title"), reply.get("description")) or text(reply.get("response"))
    return chosen or lines(*(dict_of(interactive.get(part)).get("text") for part in ("header", "body", "footer")))


def _template(template: Mapping[str, Any]) -> Iterator[object]:
    """The words of one of ours, as the business's own app repeats it: each component's, and what was filled in."""
    for component in dicts_of(template.get("components")):
        yield component.get("text")
        yield from (one.get("text") for one in dicts_of(component.get("parameters")))
