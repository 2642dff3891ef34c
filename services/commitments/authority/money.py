"""Amounts as they come in: decimal numbers as text, in a currency that there is."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from babel.numbers import get_currency_precision, list_currencies
from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer, StringConstraints, model_validator

from shared.contracts.terms import Money


def _known_currency(code: str) -> str:
    if code not in list_currencies():
        raise ValueError(f"{code!r} is not a currency of ISO 4217")
    return code


Amount = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,15}(\.[0-9]{1,4})?$")]
"""A decimal number as text: no float is money."""
Currency = Annotated[str, StringConstraints(min_length=3, max_length=3), AfterValidator(_known_currency)]


def _plainly(amount: Decimal) -> str:
    return format(amount, "f")


Sum = Annotated[Decimal, PlainSerializer(_plainly)]
"""An amount as we give it: 250000, where Decimal itself would say 2.5E+5."""


class NewMoney(BaseModel):
    model_config = ConfigDict(extra="forbid")

    amount: Amount
    currency: Currency

    @model_validator(mode="after")
    def _fits_its_currency(self) -> NewMoney:
        places = get_currency_precision(self.currency)
        if len(self.amount.partition(".")[2]) > places:
            raise ValueError(f"an amount in {self.currency} has at most {places} decimal places")
        return self

    def money(self) -> Money:
        return Money(amount=self.amount, currency=self.currency)


class NewGift(NewMoney):
    """The amount of a gift: more than nothing."""

    @model_validator(mode="after")
    def _is_something(self) -> NewGift:
        if not Decimal(self.amount):
            raise ValueError("an amount of nothing is no concession")
        return self
