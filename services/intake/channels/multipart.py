"""Forms with files, as they come in the body of a request (multipart/form-data, RFC 7578)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from services.intake.channels.forms import MOST_FIELDS, form_fields
from services.intake.channels.mail.charsets import decode
from services.intake.channels.mail.headers import parameters
from services.intake.channels.provider import Request, Unreadable

FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `file_name` None: it is no file. `index` counts them all."""

    name: str
    value: bytes = field(repr=False)
    index: int = 0
    file_name: str | None = None
    content_type: str | None = None

    def text(self, charset: str | None = None) -> str:
        return decode(self.value, charset)


@dataclass(frozen=True, slots=True)
class Form:
    """Fields in their order. Of several with one name, the first is the one."""

    fields: Sequence[Field]
    _by_name: Mapping[str, Field]

    @classmethod
    def of(cls, fields: Sequence[Field]) -> Form:
        return cls(fields, {one.name: one for one in reversed(fields)})

    def get(self, name: str) -> Field | None:
        return self._by_name.get(name)

    def text(self, name: str, charset: str | None = None) -> str:
        """Empty where it is not there."""
        found = self._by_name.get(name)
        return found.text(charset) if found else ""

    def files(self) -> Sequence[Field]:
        return [one for one in self.fields if one.file_name is not None]


def media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def read_form(request: Request) -> Form:
    """Either kind of form, by the request's Content-Type. Raises Unreadable."""
    if media_type(request) == MULTIPART:
        boundary = parameters(request.headers["content-type"]).get("boundary", "")
        return Form.of(_multipart(request.body, boundary.encode("latin-1", "replace")))
    try:
        pairs = form_fields(request.body)
    except ValueError as error:
        raise Unreadable(f"not a form: {type(error).__name__}") from error
    return Form.of([Field(name, value.encode("utf-8", "replace"), i) for i, (name, value) in enumerate(pairs)])


def _multipart(body: bytes, boundary: bytes) -> list[Field]:
    """Nothing is copied but each field's own content.

    The body must begin with its boundary: a signature covers the body and not the header that names the boundary, and
    under another one the same bytes would be another form.
    """
    if not boundary:
        raise Unreadable("a form without a boundary")
    reader = _Reader()
    line = body[: body.find(b"\n") + 1]
    if line.rstrip(b"\r\n") not in (b"--" + boundary, b"--" + boundary + b"--"):
        raise Unreadable("a form that does not begin with its boundary")
    if not line.endswith(b"\r\n"):
        body = body.replace(b"\n", b"\r\n")  # saved by somebody whose lines end in LF: nobody sends this
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": reader.begin,
                "on_header_field": reader.header_name,
                "on_header_value": reader.header_value,
                "on_part_data": reader.data,
                "on_part_end": reader.end,
            },
        )
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise Unreadable("not a form with files") from error
    return reader.fields


class _Reader:
    def __init__(self) -> None:
        self.fields: list[Field] = []
        self._headers: dict[str, str] = {}
        self._name = ""
        self._data: list[bytes] = []

    def begin(self) -> None:
        if len(self.fields) >= MOST_FIELDS:
            raise Unreadable("a form with too many fields")
        self._headers, self._data = {}, []

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self._name = data[start:end].decode("latin-1").lower()

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._headers[self._name] = decode(data[start:end], "utf-8").strip()

    def data(self, data: bytes, start: int, end: int) -> None:
        self._data.append(data[start:end])

    def end(self) -> None:
        found = parameters(self._headers.get("content-disposition", ""))
        name, file_name = found.get("name", ""), found.get("filename")
        content_type = self._headers.get("content-type")
        self.fields.append(Field(name, b"".join(self._data), len(self.fields), file_name, content_type))
        self._data = []
