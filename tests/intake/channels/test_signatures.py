"""Every signature vector judged right, and no scheme that ever raises anything but Refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.provider import Refused
from services.intake.channels.signatures import basic, gateways, hmacs, keys, standard
from services.intake.channels.signatures.twilio import twilio

VECTORS = json.loads((Path(__file__).parent / "signature-vectors.json").read_text())["vectors"]
"""Each a request in its scheme, right or to be refused, with what is wrong with it in its id."""
Vector = Mapping[str, Any]


def _body(vector: Vector) -> bytes:
    return str(vector.get("body", "")).encode()


def _twilio(vector: Vector) -> None:
    is_form = "params" in vector
    body = urlencode([tuple(pair) for pair in vector["params"]]).encode() if is_form else _body(vector)
    twilio(vector["url"], body, vector["signature"], [vector["secret"]], is_form=is_form)


def _standard(vector: Vector) -> None:
    values = (vector["msg_id"], vector["timestamp"], vector["signature"])
    headers = dict(zip(("webhook-id", "webhook-timestamp", "webhook-signature"), values, strict=True))
    standard.standard_webhooks(headers, _body(vector), [vector["secret"]], vector["now"])


def _sns(vector: Vector) -> None:
    now = datetime.fromtimestamp(vector["now"], UTC)
    keys.sns(vector["message"], vector["certificate"].encode(), [vector["topic"]], now)


def _convoy(vector: Vector) -> None:
    gateways.convoy(vector["signature"], _body(vector), [vector["secret"]], vector["now"])


def _hook0(vector: Vector) -> None:
    gateways.hook0(vector["headers"], vector["signature"], _body(vector), [vector["secret"]], vector["now"])


JUDGES: Mapping[str, Callable[[Vector], None]] = {
    "twilio": _twilio,
    "sendgrid": lambda v: keys.sendgrid(v["timestamp"], v["signature"], _body(v), [v["secret"]]),
    "standard": _standard,
    "standard-v1a": _standard,
    "convoy": _convoy,
    "convoy-advanced": _convoy,
    "hook0": _hook0,
    "hook0-v1": _hook0,
    "sns": _sns,
    "hub-sha256": lambda v: hmacs.hub(v["signature"], _body(v), [v["secret"]]),
    "hub-sha1": lambda v: hmacs.hub(v["signature"], _body(v), [v["secret"]], "sha1"),
    "slack": lambda v: hmacs.slack(v["timestamp"], v["signature"], _body(v), [v["secret"]], v["now"]),
    "line": lambda v: hmacs.line(v["signature"], _body(v), [v["secret"]]),
    "zendesk": lambda v: hmacs.zendesk(v["timestamp"], v["signature"], _body(v), [v["secret"]]),
    "chatwoot": lambda v: hmacs.chatwoot(v["timestamp"], v["signature"], _body(v), [v["secret"]], v["now"]),
    "mailgun": lambda v: hmacs.mailgun(v["timestamp"], v["token"], v["signature"], [v["secret"]]),
    "zalo": lambda v: hmacs.zalo(v["app_id"], v["timestamp"], v["signature"], _body(v), [v["secret"]]),
    "token": lambda v: basic.token(v["signature"], [v["secret"]]),
    "basic": lambda v: basic.basic(v["signature"], [v["secret"]]),
    "bearer": lambda v: basic.bearer(v["signature"], [v["secret"]]),
}


def test_every_scheme_has_vectors_of_both_kinds() -> None:
    for valid in (True, False):
        assert {v["scheme"] for v in VECTORS if v["valid"] is valid} == set(JUDGES)


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["id"]) for v in VECTORS])
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
@pytest.mark.parametrize("name", [*JUDGES, "sns-address"])
def test_hostile_headers_are_refused_and_nothing_else(
    name: str, one: str, two: str, three: str, raw: bytes, now: int, message: dict[str, Any]
) -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = {"webhook-id": one, "webhook-timestamp": two, "webhook-signature": three}
    calls: Mapping[str, Callable[[], object]] = {
        "twilio": lambda: twilio("https://a.example/" + one, raw, two, [secret], is_form=True),
        "sendgrid": lambda: keys.sendgrid(one, two, raw, [secret, three]),
        "standard": lambda: standard.standard_webhooks(headers, raw, [secret], now),
        "standard-v1a": lambda: standard.standard_webhooks(headers, raw, [WHPK], now),
        "convoy": lambda: gateways.convoy(one, raw, [secret], now),
        "convoy-advanced": lambda: gateways.convoy(f"t={one},v1={two}", raw, [secret], now),
        "hook0": lambda: gateways.hook0(headers, one, raw, [secret], now),
        "hook0-v1": lambda: gateways.hook0(headers, f"t={now},h={one},v1={two}", raw, [secret], now),
        "sns": lambda: keys.sns(message, PEM, ["arn"], datetime.fromtimestamp(now, UTC)),
        "hub-sha256": lambda: hmacs.hub(one, raw, [secret]),
        "hub-sha1": lambda: hmacs.hub(one, raw, [secret], "sha1"),
        "slack": lambda: hmacs.slack(one, two, raw, [secret], now),
        "line": lambda: hmacs.line(one, raw, [secret]),
        "zendesk": lambda: hmacs.zendesk(one, two, raw, [secret]),
        "chatwoot": lambda: hmacs.chatwoot(one, two, raw, [secret], now),
        "mailgun": lambda: hmacs.mailgun(one, two, three, [secret]),
        "zalo": lambda: hmacs.zalo(one, two, three, raw, [secret]),
        "token": lambda: basic.token(one, [secret]),
        "basic": lambda: basic.basic(one, [secret]),
        "bearer": lambda: basic.bearer("Bearer " + one, [secret]),
        "sns-address": lambda: keys.sns_certificate("https://sns.evil.example/" + one),
    }
    with pytest.raises(Refused):
        calls[name]()


WHPK = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="


PEM_NAME = "SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"


@pytest.mark.parametrize(
    "address",
    [
        f"http://sns.us-east-1.amazonaws.com/{PEM_NAME}",
        f"https://sns.us-east-1.amazonaws.com:8443/{PEM_NAME}",
        f"https://sns.us-east-1.amazonaws.com:443/{PEM_NAME}",
        f"https://sns.us-east-1.amazonaws.com.evil.example/{PEM_NAME}",
        f"https://evil.example/sns.us-east-1.amazonaws.com/{PEM_NAME}",
        f"https://user@sns.us-east-1.amazonaws.com/{PEM_NAME}",
        f"https://sns.us-east-1.amazonaws.com/{PEM_NAME}?cb=1",
        f"https://sns.us-east-1.amazonaws.com/{PEM_NAME}?",
        f"https://sns.us-east-1.amazonaws.com/{PEM_NAME}#",
        f"https://sns.us-east-1.amazonaws.com/a/../{PEM_NAME}",
        f"https://sns.us-east-1.amazonaws.com/{PEM_NAME}\n",
        f"https://sns.us-east-1.amazonaws.com/{PEM_NAME.upper()}",
        "https://sns.us-east-1.amazonaws.com/x.pem",
        "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-.pem",
        f"https://sns.s3-us-west-2.amazonaws.com/{PEM_NAME}",
        f"https://sns.s3.amazonaws.com/{PEM_NAME}",
        f"https://sns.us-east-1.amazonaws.com.cn/{PEM_NAME}",
        f"https://sns.cn-north-1.amazonaws.com/{PEM_NAME}",
        f"https://SNS.us-east-1.amazonaws.com/{PEM_NAME}",
        "https://[::1/a.pem",
        None,
    ],
)
def test_a_certificate_is_fetched_from_sns_alone(address: str | None) -> None:
    with pytest.raises(Refused):
        keys.sns_certificate(address)


@pytest.mark.parametrize(
    "host", ["us-east-1.amazonaws.com", "us-gov-west-1.amazonaws.com", "cn-north-1.amazonaws.com.cn"]
)
def test_in_every_region_of_sns(host: str) -> None:
    assert keys.sns_certificate(f"https://sns.{host}/{PEM_NAME}")
    subscription = f"https://sns.{host}/?Action=ConfirmSubscription&TopicArn=arn&Token=t"
    assert keys.sns_subscription({"SubscribeURL": subscription}) == subscription


@pytest.mark.parametrize(
    "rest",
    [
        "/?Action=DeleteTopic&TopicArn=arn&Token=t",
        "/?Action=ConfirmSubscription&Action=DeleteTopic",
        "/?Action=ConfirmSubscription&Token=t&More=1",
        "/x?Action=ConfirmSubscription&Token=t",
        "/",
        "/?Action=ConfirmSubscription#x",
        ":80/?Action=ConfirmSubscription",
    ],
)
def test_what_does_not_confirm_a_subscription_is_not_asked(rest: str) -> None:
    with pytest.raises(Refused):
        keys.sns_subscription({"SubscribeURL": f"https://sns.us-east-1.amazonaws.com{rest}"})


def test_secrets_are_looked_at_before_they_are_taken() -> None:
    assert standard.fault("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") is None
    assert standard.fault(WHPK) is None
    for wrong in ("whsec_", "whsec_é", "whpk_AAAA", "not base64!", "whsec_AA==", "whsec_" + "QUFB" * 7):
        assert standard.fault(wrong)
