"""The guarded client against real servers: what it refuses, where it stops, and whom it still reaches."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path
from time import monotonic

import pytest

from shared.outbound import Failed, Forbidden, Outbound, TooBig
from tests.support.web import Asked, certificate, serving

HERE = [ip_network("127.0.0.0/8")]


class Names:
    """A resolver that gives one answer after the other, and the last for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers, self.asked = list(answers), list[str]()

    async def __call__(self, name: str) -> Sequence[str]:
        self.asked.append(name)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def hello(asked: Asked) -> None:
    await asked.answer(200, b"hello", Content_Type="text/plain")


async def test_an_answer() -> None:
    async with serving(hello) as web:
        answer = await Outbound(HERE).get(f"{web.url}/a?b=c", headers={"Authorization": "Bearer t"}, limit=5)
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, "text/plain", b"hello")
    (asked,) = web.asked
    assert asked.path == "/a?b=c"
    assert (asked.header("authorization"), asked.header("accept-encoding")) == ("Bearer t", "identity")
    assert asked.header("host") == f"127.0.0.1:{web.port}"


async def test_what_is_not_allowed_is_not_dialled() -> None:
    async with serving(hello) as web:
        with pytest.raises(Forbidden):
            await Outbound().get(web.url, limit=5)
        assert not web.asked


async def test_a_redirect_is_an_answer() -> None:
    """Scenario redirect-to-loopback."""
    async with serving(hello) as inside, serving(lambda a: a.answer(302, Location=inside.url)) as web:
        answer = await Outbound(HERE).get(web.url, limit=5)
    assert answer.status == 302
    assert not inside.asked


async def test_a_redirect_that_is_followed_is_judged_again() -> None:
    async def away(asked: Asked) -> None:
        await asked.answer(302, Location="http://127.9.9.9:1/")

    async with serving(away) as web:
        with pytest.raises(Forbidden):
            await Outbound([ip_network("127.0.0.1/32")]).get(web.url, limit=5, hops=3)


async def test_credentials_stay_with_the_origin_they_were_meant_for() -> None:
    async def lead(asked: Asked) -> None:
        await asked.answer(307, Location="/there" if asked.path == "/" else other.url)

    async with serving(hello) as other, serving(lead) as web:
        answer = await Outbound(HERE).get(web.url, headers={"Authorization": "t", "X-Key": "u"}, limit=5, hops=2)
    assert answer.body == b"hello"
    assert [asked.header("authorization") for asked in web.asked] == ["t", "t"]
    (asked,) = other.asked
    assert (asked.header("authorization"), asked.header("x-key")) == (None, None)


async def test_no_more_redirects_are_followed_than_the_caller_says() -> None:
    async with serving(lambda a: a.answer(302, Location="/" + a.path)) as web:
        assert (await Outbound(HERE).get(web.url, limit=5, hops=3)).status == 302
    assert len(web.asked) == 4


@pytest.mark.parametrize("location", ["ftp://127.0.0.1/", "http://a:b@127.0.0.1/", "http://["])
async def test_a_redirect_to_what_is_no_address(location: str) -> None:
    async with serving(lambda a: a.answer(302, Location=location)) as web:
        with pytest.raises((Forbidden, Failed)):
            await Outbound(HERE, resolve=Names([])).get(web.url, limit=5, hops=1)


async def test_a_name_that_changes_its_answer_gains_nothing() -> None:
    """Scenario dns-rebinding: what was judged is what is dialled, and each call is judged."""
    names = Names(["93.184.216.34"], ["127.0.0.1"])
    assert await names("files.example.com") == ["93.184.216.34"]
    async with serving(hello) as web:
        with pytest.raises(Forbidden):
            await Outbound(resolve=names).get(f"http://files.example.com:{web.port}/", limit=5)
        assert not web.asked
    assert len(names.asked) == 2, "asked once, not once to judge and once to dial"


@pytest.mark.parametrize("answer", [["127.0.0.1", "93.184.216.34"], ["93.184.216.34", "::1"], ["1.1.1.1", "?"]])
async def test_one_forbidden_address_of_a_name_speaks_against_all(answer: list[str]) -> None:
    """Scenario dns-mixed-answer."""
    with pytest.raises(Forbidden):
        await Outbound(resolve=Names(answer)).get("https://files.example.com/", limit=5)


async def test_allowed_and_public_addresses_of_one_name_keep_the_rules_of_public_ones() -> None:
    with pytest.raises(Forbidden, match="port"):
        await Outbound(HERE, resolve=Names(["127.0.0.1", "1.1.1.1"])).get("http://files.example.com:22/", limit=5)


async def test_a_bare_name_is_of_use_only_where_it_leads_to_a_network_of_ours() -> None:
    async with serving(hello) as web:
        url = f"http://archive:{web.port}/"
        names = Names(["127.0.0.1"])
        assert (await Outbound(HERE, resolve=names).get(url, limit=5)).body == b"hello"
        with pytest.raises(Forbidden):
            await Outbound(HERE, resolve=Names(["1.1.1.1"])).get("http://archive/", limit=5)
        with pytest.raises(Forbidden):
            await Outbound(resolve=names).get("http://archive/", limit=5)
    assert names.asked == ["archive"], "nobody is even asked where there are no networks of ours"


async def test_the_next_address_is_dialled_where_the_first_is_away() -> None:
    async with serving(hello) as web:
        names = Names(["127.0.0.2", "127.0.0.1"])  # the server listens on the second alone
        answer = await Outbound(HERE, resolve=names).get(f"http://files.example.com:{web.port}/", limit=5)
    assert answer.body == b"hello"


async def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scenario proxy-env."""
    async with serving(hello) as proxy, serving(hello) as web:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
            monkeypatch.setenv(name.lower(), proxy.url)
        await Outbound(HERE).get(web.url, limit=5)
        with pytest.raises(Forbidden):
            await Outbound().get(web.url, limit=5)
        assert (len(web.asked), len(proxy.asked)) == (1, 0)


async def test_a_slow_answer_ends_at_the_deadline() -> None:
    """Scenario slow-drip: each byte comes soon enough, all of them never."""

    async def drip(asked: Asked) -> None:
        await asked.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            await asked.say(b"x")
            await asyncio.sleep(0.02)

    async with serving(drip) as web:
        started = monotonic()
        with pytest.raises(Failed, match="too long"):
            await Outbound(HERE).get(web.url, limit=5000, seconds=0.3)
        assert monotonic() - started < 2
        await asyncio.wait_for(web.hung_up.wait(), 5)


async def test_an_endless_answer_ends_at_the_limit() -> None:
    """Scenario endless-body."""
    said = 0

    async def pour(asked: Asked) -> None:
        nonlocal said
        await asked.say(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while True:
            await asked.say(b"x" * 65_536)
            said += 65_536

    async with serving(pour) as web:
        with pytest.raises(TooBig):
            await Outbound(HERE).get(web.url, limit=100_000)
        await asyncio.wait_for(web.hung_up.wait(), 5)
    assert said < 20_000_000, "what lay in buffers, and no more"


async def test_what_is_packed_is_not_taken_for_the_file() -> None:
    async with serving(lambda a: a.answer(200, b"\x1f\x8b", Content_Encoding="gzip")) as web:
        with pytest.raises(Failed, match="packed"):
            await Outbound(HERE).get(web.url, limit=5)


async def test_exactly_the_limit_is_not_over_it() -> None:
    async with serving(hello) as web:
        assert (await Outbound(HERE).get(web.url, limit=5)).body == b"hello"
        with pytest.raises(TooBig):
            await Outbound(HERE).get(web.url, limit=4)


async def test_little_is_kept_of_an_answer_that_is_no_success() -> None:
    """Scenario response-read-back."""
    async with serving(lambda a: a.answer(404, b"x" * 1_000_000)) as web:
        answer = await Outbound(HERE).get(web.url, limit=10_000_000)
    assert (answer.status, len(answer.body)) == (404, 2048)


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", b"SSH-2.0\r\n\r\n", b"\x00" * 9]
)
async def test_what_is_no_answer_may_be_one_later(said: bytes) -> None:
    async with serving(lambda a: a.say(said)) as web:
        with pytest.raises(Failed):
            await Outbound(HERE).get(web.url, limit=100)


async def test_nobody_there() -> None:
    async with serving(hello) as web:
        url = web.url
    with pytest.raises(Failed):
        await Outbound(HERE).get(url, limit=5)
    with pytest.raises(Failed):
        await Outbound(HERE, resolve=Names([])).get("http://files.example.com/", limit=5)


@pytest.mark.parametrize("value", ["a\r\nX: b", "a\nb", "\x00"])
async def test_a_header_cannot_smuggle_another(value: str) -> None:
    async with serving(hello) as web:
        with pytest.raises(Forbidden):
            await Outbound(HERE).get(web.url, headers={"Authorization": value}, limit=5)
        assert not web.asked


async def test_reasons_hold_nothing_of_the_address() -> None:
    for url in ("http://secret.example.com:1/token", "http://10.0.0.1/token", "http://secret/token", "ftp://secret/"):
        with pytest.raises((Forbidden, Failed)) as caught:
            await Outbound(resolve=Names(["127.0.0.1"])).get(url, headers={"A": "token"}, limit=5)
        assert not {"secret", "token", "10.0", "127.0"} & set(str(caught.value).replace("/", " ").split())
        assert "secret" not in str(caught.value)


async def test_a_certificate_is_a_small_success() -> None:
    async def answer(asked: Asked) -> None:
        await asked.answer(*{"/ok": (200, b"PEM"), "/no": (404, b""), "/big": (200, b"x" * 70_000)}[asked.path])

    async with serving(answer) as web:
        outbound = Outbound(HERE)
        assert await outbound.fetch(f"{web.url}/ok") == b"PEM"
        with pytest.raises(Failed, match="404"):
            await outbound.fetch(f"{web.url}/no")
        with pytest.raises(TooBig):
            await outbound.fetch(f"{web.url}/big")


class TestTls:
    async def test_the_name_that_was_asked_for_is_the_one_that_is_proved(self, tmp_path: Path) -> None:
        server, trust = certificate(tmp_path, "files.example.com")
        async with serving(hello, tls=server) as web:
            outbound = Outbound(HERE, resolve=Names(["127.0.0.1"]), trust=trust)
            assert (await outbound.get(f"https://files.example.com:{web.port}/", limit=5)).body == b"hello"
            with pytest.raises(Failed):
                await outbound.get(f"https://other.example.com:{web.port}/", limit=5)
            with pytest.raises(Failed):
                await Outbound(HERE, resolve=Names(["127.0.0.1"])).get(f"https://files.example.com:{web.port}", limit=5)

    async def test_https_is_never_left(self, tmp_path: Path) -> None:
        server, trust = certificate(tmp_path, "files.example.com")
        async with serving(hello) as plain, serving(lambda a: a.answer(302, Location=plain.url), tls=server) as web:
            with pytest.raises(Forbidden, match="https"):
                await Outbound(HERE, resolve=Names(["127.0.0.1"]), trust=trust).get(
                    f"https://files.example.com:{web.port}/", limit=5, hops=1
                )
            assert not plain.asked
