"""Every signature vector judged right, and no scheme that ever raises anything but Refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.provider import Refused
from services.intake.channels.signatures import basic, gateways, hmacs, keys, standard
from services.intake.channels.signatures.twilio import twilio

VECTORS = Path(__file__).parents[4] / "shared" / "data" / "webhooks" / "signature-vectors.json"
Vector = Mapping[str, Any]


def _body(vector: Vector) -> bytes:
    return str(vector.get("body", "")).encode()


def _twilio(vector: Vector) -> None:
    is_form = "params" in vector
    body = urlencode([tuple(pair) for pair in vector["params"]]).encode() if is_form else _body(vector)
    twilio(vector["url"], body, vector["signature"], [vector["auth_token"]], is_form=is_form)


def _standard(vector: Vector) -> None:
    values = (vector["msg_id"], vector["timestamp"], vector["signature"])
    headers = dict(zip(("webhook-id", "webhook-timestamp", "webhook-signature"), values, strict=True))
    standard.standard_webhooks(headers, _body(vector), [vector["secret"]], vector["now"])


def _sns(vector: Vector) -> None:
    keys.sns_address(vector["message"].get("SigningCertURL"), suffix=".pem")
    topic = "arn:aws:sns:us-east-1:123456789012:SES_Events"
    keys.sns(vector["message"], vector["certificate_pem"].encode(), [topic, vector["message"]["TopicArn"]])


def _convoy(vector: Vector) -> None:
    gateways.convoy(
        vector["signature"],
        _body(vector),
        [vector["secret"]],
        vector.get("now", 1_790_000_000),
        digest=vector["hash"].lower(),
        encoding=vector["encoding"],
        window=vector["tolerance_seconds"],
    )


def _hook0(vector: Vector) -> None:
    headers = dict(vector["delivered_headers"])
    gateways.hook0(headers, vector["signature"], _body(vector), [vector["secret"]], vector["now"])


JUDGES: Mapping[str, Callable[[Vector], None]] = {
    "twilio-hmac-sha1": _twilio,
    "sendgrid-ecdsa-p256-sha256": lambda v: keys.sendgrid(
        v["timestamp"], v["signature"], _body(v), [v["public_key_der_base64"]]
    ),
    "standard-webhooks-v1": _standard,
    "standard-webhooks-v1a": _standard,
    "convoy-simple": _convoy,
    "convoy-advanced": _convoy,
    "hook0-v0-v1": _hook0,
    "aws-sns-rsa": _sns,
    "x-hub-signature-256": lambda v: hmacs.hub(v["signature"], _body(v), [v["secret"]]),
    "x-hub-signature-sha1": lambda v: hmacs.hub(v["signature"], _body(v), [v["secret"]], "sha1"),
    "slack-v0": lambda v: hmacs.slack(v["timestamp"], v["signature"], _body(v), [v["secret"]], v["now"]),
    "line-hmac-sha256-base64": lambda v: hmacs.line(v["signature"], _body(v), [v["secret"]]),
    "zendesk-hmac-sha256-base64": lambda v: hmacs.zendesk(v["timestamp"], v["signature"], _body(v), [v["secret"]]),
    "chatwoot-hmac-sha256": lambda v: hmacs.chatwoot(v["timestamp"], v["signature"], _body(v), [v["secret"]], v["now"]),
    "mailgun-hmac-sha256-hex": lambda v: hmacs.mailgun(v["timestamp"], v["token"], v["signature"], [v["signing_key"]]),
    "zalo-oa-sha256": lambda v: hmacs.zalo(v["app_id"], v["timestamp"], v["signature"], _body(v), [v["oa_secret"]]),
    "telegram-secret-token": lambda v: basic.token(v["signature"], [v["secret"]]),
}


def _vectors() -> list[Any]:
    if not VECTORS.exists():
        return []
    found = json.loads(VECTORS.read_text())["vectors"]
    # One is right by its signature and wrong by its token, which only the worker can know: see test_facts.
    return [pytest.param(v, id=v["id"]) for v in found if not v.get("token_already_seen")]


@pytest.mark.parametrize("vector", _vectors())
def test_every_vector_is_judged_right(vector: Vector) -> None:
    judge = JUDGES[vector["scheme"]]
    if vector["valid"]:
        judge(vector)
    else:
        with pytest.raises(Refused):
            judge(vector)


text = st.text(max_size=80) | st.sampled_from(
    ["v1,", "v1,=", "v1a,AAAA", "t=1,v1=", "t=,h=a b,v1=00", "sha256=", "1614265330", "\ud800", "é,,  v1", "mac="]
)
body = st.binary(max_size=200)
PEM = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
any_value = st.none() | st.booleans() | st.integers() | text | st.lists(text, max_size=2)
sns_message = st.fixed_dictionaries(
    {"TopicArn": st.just("arn")},
    optional={
        name: any_value | st.sampled_from(["1", "2", "Notification"])
        for name in ("Type", "Message", "SignatureVersion", "Signature", "SigningCertURL", "Subject", "Token")
    },
)


@given(one=text, two=text, three=text, raw=body, now=st.integers(0, 2**33), message=sns_message)
@pytest.mark.parametrize("name", [*JUDGES, "basic", "bearer", "sns-address"])
def test_hostile_headers_are_refused_and_nothing_else(
    name: str, one: str, two: str, three: str, raw: bytes, now: int, message: dict[str, Any]
) -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = {"webhook-id": one, "webhook-timestamp": two, "webhook-signature": three}
    calls: Mapping[str, Callable[[], object]] = {
        "twilio-hmac-sha1": lambda: twilio("https://a.example/" + one, raw, two, [secret], is_form=True),
        "sendgrid-ecdsa-p256-sha256": lambda: keys.sendgrid(one, two, raw, [secret, three]),
        "standard-webhooks-v1": lambda: standard.standard_webhooks(headers, raw, [secret], now),
        "standard-webhooks-v1a": lambda: standard.standard_webhooks(headers, raw, [WHPK], now),
        "convoy-simple": lambda: gateways.convoy(one, raw, [secret], now),
        "convoy-advanced": lambda: gateways.convoy(f"t={one},v1={two}", raw, [secret], now),
        "hook0-v0-v1": lambda: gateways.hook0(headers, one, raw, [secret], now),
        "aws-sns-rsa": lambda: keys.sns(message, PEM, ["arn"]),
        "x-hub-signature-256": lambda: hmacs.hub(one, raw, [secret]),
        "x-hub-signature-sha1": lambda: hmacs.hub(one, raw, [secret], "sha1"),
        "slack-v0": lambda: hmacs.slack(one, two, raw, [secret], now),
        "line-hmac-sha256-base64": lambda: hmacs.line(one, raw, [secret]),
        "zendesk-hmac-sha256-base64": lambda: hmacs.zendesk(one, two, raw, [secret]),
        "chatwoot-hmac-sha256": lambda: hmacs.chatwoot(one, two, raw, [secret], now),
        "mailgun-hmac-sha256-hex": lambda: hmacs.mailgun(one, two, three, [secret]),
        "zalo-oa-sha256": lambda: hmacs.zalo(one, two, three, raw, [secret]),
        "telegram-secret-token": lambda: basic.token(one, [secret]),
        "basic": lambda: basic.basic(one, [secret]),
        "bearer": lambda: basic.bearer("Bearer " + one, [secret]),
        "sns-address": lambda: keys.sns_address("https://sns.evil.example/" + one, suffix=".pem"),
    }
    with pytest.raises(Refused):
        calls[name]()


WHPK = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="


@pytest.mark.parametrize(
    "address",
    [
        "http://sns.us-east-1.amazonaws.com/a.pem",
        "https://sns.us-east-1.amazonaws.com:8443/a.pem",
        "https://sns.us-east-1.amazonaws.com.evil.example/a.pem",
        "https://evil.example/sns.us-east-1.amazonaws.com/a.pem",
        "https://user@sns.us-east-1.amazonaws.com/a.pem",
        "https://sns.us-east-1.amazonaws.com/a.pem?x=.txt#",
        "https://[::1/a.pem",
        None,
    ],
)
def test_a_certificate_is_fetched_from_sns_alone(address: str | None) -> None:
    if address and address.endswith("#"):
        assert keys.sns_address(address, suffix=".pem") == address, "the path decides, not the query"
        return
    with pytest.raises(Refused):
        keys.sns_address(address, suffix=".pem")


def test_secrets_are_looked_at_before_they_are_taken() -> None:
    assert standard.fault("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") is None
    assert standard.fault(WHPK) is None
    for wrong in ("whsec_", "whsec_é", "whpk_AAAA", "not base64!"):
        assert standard.fault(wrong)
