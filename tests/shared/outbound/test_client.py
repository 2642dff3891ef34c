"""The guarded client against real servers: what it refuses, where it stops, and whom it still reaches."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from shared.outbound import Answer, Failed, Forbidden, Outbound, TooBig
from tests.support.web import Asked, certificate, listening, serving

HERE = [ip_network("127.0.0.0/8")]


class Names:
    """A resolver that gives one answer after the other, and the last for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers, self.asked = list(answers), list[str]()

    async def __call__(self, name: str) -> Sequence[str]:
        self.asked.append(name)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def got(outbound: Outbound, url: str, **more: Any) -> Answer:
    """The answer to one GET, no connection kept."""
    async with outbound:
        return await outbound.get(url, **more)


async def hello(asked: Asked) -> None:
    await asked.answer(200, b"hello", Content_Type="text/plain")


async def test_an_answer() -> None:
    async with serving(hello) as web:
        answer = await got(Outbound(HERE), f"{web.url}/a?b=c", headers={"Authorization": "Bearer t"}, limit=5)
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, "text/plain", b"hello")
    (asked,) = web.asked
    assert asked.path == "/a?b=c"
    assert (asked.header("authorization"), asked.header("accept-encoding")) == ("Bearer t", "identity")
    assert asked.header("host") == f"127.0.0.1:{web.port}"


async def test_what_is_not_allowed_is_not_dialled() -> None:
    async with serving(hello) as web:
        with pytest.raises(Forbidden):
            await got(Outbound(), web.url, limit=5)
        assert not web.asked


async def test_a_redirect_is_an_answer() -> None:
    """Scenario redirect-to-loopback."""
    async with serving(hello) as inside, serving(lambda a: a.answer(302, Location=inside.url)) as web:
        answer = await got(Outbound(HERE), web.url, limit=5)
    assert answer.status == 302
    assert not inside.asked


async def test_a_redirect_that_is_followed_is_judged_again() -> None:
    async def away(asked: Asked) -> None:
        await asked.answer(302, Location="http://127.9.9.9:1/")

    async with serving(away) as web:
        with pytest.raises(Forbidden):
            await got(Outbound([ip_network("127.0.0.1/32")]), web.url, limit=5, hops=3)


async def test_credentials_stay_with_the_origin_they_were_meant_for() -> None:
    async def lead(asked: Asked) -> None:
        await asked.answer(307, Location="/there" if asked.path == "/" else other.url)

    async with serving(hello) as other, serving(lead) as web:
        answer = await got(Outbound(HERE), web.url, headers={"Authorization": "t", "X-Key": "u"}, limit=5, hops=2)
    assert answer.body == b"hello"
    assert [asked.header("authorization") for asked in web.asked] == ["t", "t"]
    (asked,) = other.asked
    assert (asked.header("authorization"), asked.header("x-key")) == (None, None)


async def test_no_more_redirects_are_followed_than_the_caller_says() -> None:
    async with serving(lambda a: a.answer(302, Location="/" + a.path)) as web:
        assert (await got(Outbound(HERE), web.url, limit=5, hops=3)).status == 302
    assert len(web.asked) == 4


@pytest.mark.parametrize("location", ["ftp://127.0.0.1/", "http://a:b@127.0.0.1/", "http://["])
async def test_a_redirect_to_what_is_no_address(location: str) -> None:
    async with serving(lambda a: a.answer(302, Location=location)) as web:
        with pytest.raises((Forbidden, Failed)):
            await got(Outbound(HERE, resolve=Names([])), web.url, limit=5, hops=1)


async def test_a_name_that_changes_its_answer_gains_nothing() -> None:
    """Scenario dns-rebinding: what was judged is what is dialled, and each call is judged."""
    names = Names(["93.184.216.34"], ["127.0.0.1"])
    assert await names("files.example.com") == ["93.184.216.34"]
    async with serving(hello) as web:
        with pytest.raises(Forbidden):
            await got(Outbound(resolve=names), f"http://files.example.com:{web.port}/", limit=5)
        assert not web.asked
    assert len(names.asked) == 2, "asked once, not once to judge and once to dial"


@pytest.mark.parametrize("answer", [["127.0.0.1", "93.184.216.34"], ["93.184.216.34", "::1"], ["1.1.1.1", "?"]])
async def test_one_forbidden_address_of_a_name_speaks_against_all(answer: list[str]) -> None:
    """Scenario dns-mixed-answer."""
    with pytest.raises(Forbidden):
        await got(Outbound(resolve=Names(answer)), "https://files.example.com/", limit=5)


async def test_allowed_and_public_addresses_of_one_name_keep_the_rules_of_public_ones() -> None:
    with pytest.raises(Forbidden, match="port"):
        await got(Outbound(HERE, resolve=Names(["127.0.0.1", "1.1.1.1"])), "http://files.example.com:22/", limit=5)


async def test_a_bare_name_is_of_use_only_where_it_leads_to_a_network_of_ours() -> None:
    async with serving(hello) as web:
        url = f"http://archive:{web.port}/"
        names = Names(["127.0.0.1"])
        assert (await got(Outbound(HERE, resolve=names), url, limit=5)).body == b"hello"
        with pytest.raises(Forbidden):
            await got(Outbound(HERE, resolve=Names(["1.1.1.1"])), "http://archive/", limit=5)
        with pytest.raises(Forbidden):
            await got(Outbound(resolve=names), "http://archive/", limit=5)
    assert names.asked == ["archive"], "nobody is even asked where there are no networks of ours"


async def test_the_next_address_is_dialled_where_the_first_is_away() -> None:
    async with serving(hello) as web:
        names = Names(["127.0.0.2", "127.0.0.1"])  # the server listens on the second alone
        answer = await got(Outbound(HERE, resolve=names), f"http://files.example.com:{web.port}/", limit=5)
    assert answer.body == b"hello"


async def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scenario proxy-env."""
    async with serving(hello) as proxy, serving(hello) as web:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
            monkeypatch.setenv(name.lower(), proxy.url)
        await got(Outbound(HERE), web.url, limit=5)
        with pytest.raises(Forbidden):
            await got(Outbound(), web.url, limit=5)
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
            await got(Outbound(HERE), web.url, limit=5000, seconds=0.3)
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
            await got(Outbound(HERE), web.url, limit=100_000)
        await asyncio.wait_for(web.hung_up.wait(), 5)
    assert said < 20_000_000, "what lay in buffers, and no more"


async def test_what_is_packed_is_not_taken_for_the_file() -> None:
    async with serving(lambda a: a.answer(200, b"\x1f\x8b", Content_Encoding="gzip")) as web:
        with pytest.raises(Failed, match="packed"):
            await got(Outbound(HERE), web.url, limit=5)


async def test_exactly_the_limit_is_not_over_it() -> None:
    async with serving(hello) as web:
        assert (await got(Outbound(HERE), web.url, limit=5)).body == b"hello"
        with pytest.raises(TooBig):
            await got(Outbound(HERE), web.url, limit=4)


async def test_little_is_kept_of_an_answer_that_is_no_success() -> None:
    """Scenario response-read-back."""
    async with serving(lambda a: a.answer(404, b"x" * 1_000_000)) as web:
        answer = await got(Outbound(HERE), web.url, limit=10_000_000)
    assert (answer.status, len(answer.body)) == (404, 2048)


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", b"SSH-2.0\r\n\r\n", b"\x00" * 9]
)
async def test_what_is_no_answer_may_be_one_later(said: bytes) -> None:
    async with serving(lambda a: a.say(said)) as web:
        with pytest.raises(Failed):
            await got(Outbound(HERE), web.url, limit=100)


async def test_nobody_there() -> None:
    async with serving(hello) as web:
        url = web.url
    with pytest.raises(Failed):
        await got(Outbound(HERE), url, limit=5)
    with pytest.raises(Failed):
        await got(Outbound(HERE, resolve=Names([])), "http://files.example.com/", limit=5)


@pytest.mark.parametrize("value", ["a\r\nX: b", "a\nb", "\x00"])
async def test_a_header_cannot_smuggle_another(value: str) -> None:
    async with serving(hello) as web:
        with pytest.raises(Forbidden):
            await got(Outbound(HERE), web.url, headers={"Authorization": value}, limit=5)
        assert not web.asked


async def test_reasons_hold_nothing_of_the_address() -> None:
    for url in ("http://secret.example.com:1/token", "http://10.0.0.1/token", "http://secret/token", "ftp://secret/"):
        with pytest.raises((Forbidden, Failed)) as caught:
            await got(Outbound(resolve=Names(["127.0.0.1"])), url, headers={"A": "token"}, limit=5)
        assert not {"secret", "token", "10.0", "127.0"} & set(str(caught.value).replace("/", " ").split())
        assert "secret" not in str(caught.value)


async def test_a_certificate_is_a_small_success() -> None:
    async def answer(asked: Asked) -> None:
        await asked.answer(*{"/ok": (200, b"PEM"), "/no": (404, b""), "/big": (200, b"x" * 70_000)}[asked.path])

    async with serving(answer) as web, Outbound(HERE) as outbound:
        assert await outbound.fetch(f"{web.url}/ok") == b"PEM"
        with pytest.raises(Failed, match="404"):
            await outbound.fetch(f"{web.url}/no")
        with pytest.raises(TooBig):
            await outbound.fetch(f"{web.url}/big")


class Kept:
    """A server that answers one request after the other on a connection, with a cookie. `heard`: (peer, head, body)."""

    def __init__(self, status: int = 200, **headers: str) -> None:
        self.heard: list[tuple[int, str, bytes]] = []
        said = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        self._answer = f"HTTP/1.1 {status} X\r\nContent-Length: 2\r\nSet-Cookie: a=b\r\n{said}\r\nok".encode()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                length = next((int(h[15:]) for h in head.splitlines() if h.startswith("content-length:")), 0)
                self.heard.append((writer.get_extra_info("peername")[1], head, await reader.readexactly(length)))
                writer.write(self._answer)


async def test_a_connection_is_kept_for_the_next_request_and_given_up_at_the_end() -> None:
    kept = Kept()
    async with listening(kept) as port:
        url = f"http://127.0.0.1:{port}/"
        async with Outbound(HERE) as outbound:
            await outbound.get(url, limit=2)
            answer = await outbound.post(url, b"{}", headers={"Content-Type": "application/json"})
        assert (answer.status, answer.body) == (200, b"ok")
        await got(outbound, url, limit=2)
    peers = [peer for peer, _, _ in kept.heard]
    assert peers[0] == peers[1] != peers[2]
    (_, head, body) = kept.heard[1]
    assert (head.split(" ")[0], body) == ("post", b"{}")
    assert "content-type: application/json" in head
    assert not any("cookie:" in head for _, head, _ in kept.heard), "nothing of one stranger's goes anywhere"


async def test_a_post_is_guarded_as_a_get_is_and_goes_to_one_address() -> None:
    with pytest.raises(Forbidden):
        async with Outbound() as outbound:
            await outbound.post("http://127.0.0.1:1/", b"{}", headers={})
    inside, kept = Kept(), Kept(307, Location="http://127.0.0.1:1/")
    async with listening(kept) as port, Outbound(HERE) as outbound:
        answer = await outbound.post(f"http://127.0.0.1:{port}/", b"{}", headers={})
    assert (answer.status, inside.heard) == (307, [])


async def test_a_name_that_moves_inside_is_judged_when_a_connection_is_made() -> None:
    """A kept connection is where it was judged; the next one is judged anew."""
    kept, names = Kept(), Names(["127.0.0.1"], ["10.0.0.1"])
    async with listening(kept) as port:
        url = f"http://files.example.com:{port}/"
        async with Outbound(HERE, resolve=names) as outbound:
            for _ in range(2):
                assert (await outbound.get(url, limit=2)).status == 200
            await outbound.close()
            with pytest.raises(Forbidden):
                await outbound.get(url, limit=2)
    assert len(names.asked) == 2


class TestTls:
    async def test_the_name_that_was_asked_for_is_the_one_that_is_proved(self, tmp_path: Path) -> None:
        server, trust = certificate(tmp_path, "files.example.com")
        async with serving(hello, tls=server) as web:
            async with Outbound(HERE, resolve=Names(["127.0.0.1"]), trust=trust) as outbound:
                assert (await outbound.get(f"https://files.example.com:{web.port}/", limit=5)).body == b"hello"
                with pytest.raises(Failed):
                    await outbound.get(f"https://other.example.com:{web.port}/", limit=5)
            with pytest.raises(Failed):
                await got(
                    Outbound(HERE, resolve=Names(["127.0.0.1"])), f"https://files.example.com:{web.port}", limit=5
                )

    async def test_https_is_never_left(self, tmp_path: Path) -> None:
        server, trust = certificate(tmp_path, "files.example.com")
        async with serving(hello) as plain, serving(lambda a: a.answer(302, Location=plain.url), tls=server) as web:
            with pytest.raises(Forbidden, match="https"):
                await got(
                    Outbound(HERE, resolve=Names(["127.0.0.1"]), trust=trust),
                    f"https://files.example.com:{web.port}/",
                    limit=5,
                    hops=1,
                )
            assert not plain.asked
