"""The demo's post office: what came stays, and the pages show it without harm."""

import json
import os
import signal
import subprocess
import sys
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from smtplib import SMTP
from urllib.parse import urlsplit

import pytest

from deploy.local.post import Post
from deploy.local.post.telephone import Telephone
from deploy.local.waiting import until

ROOT = Path(__file__).parents[3]
MAIL = (
    b"From: North <letters@scanpass.example>\r\nTo: jan@patients.example\r\n"
    b"Subject: <script>alert(1)</script>\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/related; boundary="x"\r\n\r\n'
    b'--x\r\nContent-Type: text/html\r\n\r\n<p>Hello</p><img src="cid:logo@x">\r\n'
    b"--x\r\nContent-Type: image/png\r\nContent-ID: <logo@x>\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nUE5H\r\n--x--\r\n"
)


def get(post: Post, path: str) -> tuple[HTTPResponse, str]:
    connection = HTTPConnection("127.0.0.1", post.web.port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer, body


def drop(post: Post, content: bytes = MAIL) -> str:
    """Send a mail, and return its name."""
    with SMTP("127.0.0.1", post.smtp.port, timeout=10) as client:
        client.sendmail("letters@scanpass.example", ["jan@patients.example"], content)
    return post.mailbox.names()[0]


def test_what_came_is_kept_as_it_came(tmp_path: Path) -> None:
    """Byte for byte after three lines of head, in a file that anybody can read."""
    with Post(tmp_path, "token") as post:
        name = drop(post)
    kept = (tmp_path / "mail" / f"{name}.eml").read_bytes()
    assert kept.endswith(MAIL)
    assert kept.removesuffix(MAIL).count(b"\r\n") == 3
    assert b"Delivered-To: jan@patients.example\r\n" in kept


def test_a_restart_keeps_the_mail_and_the_ports(tmp_path: Path) -> None:
    """Whoever held the addresses goes on."""
    post = Post(tmp_path, "token")
    before = post.start()
    name = drop(post)
    post.telephone.add("key", "+15550199", "Hello", "1")
    post.stop()
    assert post.start() == before
    post.stop()
    with Post(tmp_path, "token") as again:
        assert again.mailbox.names() == [name]
        assert [message["key"] for message in again.telephone.messages()] == ["key"]


def test_a_line_cut_by_a_crash_was_never_promised(tmp_path: Path) -> None:
    """The messages before it stay, and the next one is written whole."""
    file = tmp_path / "messages.jsonl"
    Telephone(file).add("1", "+15550199", "Hello", "1")
    file.write_bytes(file.read_bytes() + b'{"key": "2", "to"')
    telephone = Telephone(file)
    assert telephone.add("2", "+15550199", "Again", "2")
    assert [json.loads(line)["key"] for line in file.read_text().splitlines()] == ["1", "2"]


def test_a_letter_is_shown_in_a_cage(tmp_path: Path) -> None:
    """Its logo is put into the page, and nothing in it may run or be fetched."""
    with Post(tmp_path, "token") as post:
        name = drop(post)
        page, frame = get(post, f"/letters/{name}")
        letter, html = get(post, f"/letters/{name}/html")
        _, mailbox = get(post, "/")
    assert page.status == letter.status == 200
    assert (
        '<iframe sandbox="allow-popups allow-popups-to-escape-sandbox"'
        f' title="The letter as its reader sees it" src="/letters/{name}/html">' in frame
    )
    assert 'src="data:image/png;base64,UE5H"' in html
    policy = letter.headers["Content-Security-Policy"]
    assert "default-src 'none'; img-src data:;" in policy
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox;")
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    for text in (frame, mailbox):
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text


def test_the_phone_shows_messages_in_order(tmp_path: Path) -> None:
    """One phone a number, as text, the one written to last first."""
    with Post(tmp_path, "token") as post:
        _, empty = get(post, "/phone")
        for key, number in enumerate(["+15550111", "+15550122", "+15550111"]):
            post.telephone.add(str(key), number, f"<b>{key}</b>", str(key))
        _, page = get(post, "/phone")
    assert "No text message yet" in empty
    order = [page.index(f"&lt;b&gt;{key}&lt;/b&gt;") for key in (0, 2, 1)]
    assert order == sorted(order)
    assert page.count("<h2>") == 2


@pytest.mark.parametrize(
    "path", ["/nothing", "/letters/../../etc/passwd", "/letters/..%2f..", "/letters/1", "/mail"]
)
def test_there_is_nothing_beside_the_pages(tmp_path: Path, path: str) -> None:
    """Least of all files."""
    with Post(tmp_path, "token") as post:
        answer, _ = get(post, path)
    assert answer.status == 404


@pytest.mark.parametrize("missing", ["SCANPASS_POST_DIR", "SCANPASS_POST_SMS_TOKEN"])
def test_what_is_missing_is_named(tmp_path: Path, missing: str) -> None:
    """One line, and exit code 2."""
    given = environment(tmp_path)
    del given[missing]
    run = subprocess.run(
        [sys.executable, "-m", "deploy.local.post"],
        cwd=ROOT,
        env=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 2
    assert missing in run.stderr
    assert run.stderr.count("\n") == 1


def test_the_program_says_where_it_is_and_ends_when_told(tmp_path: Path) -> None:
    """One JSON line first; SIGTERM ends it with 0."""
    with subprocess.Popen(
        [sys.executable, "-m", "deploy.local.post"],
        cwd=ROOT,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout is not None
        addresses = json.loads(program.stdout.readline())
        with SMTP("127.0.0.1", urlsplit(addresses["smtp"]).port or 0, timeout=10) as client:
            client.sendmail("letters@scanpass.example", ["jan@patients.example"], MAIL)
        program.send_signal(signal.SIGTERM)
        assert program.wait(20) == 0
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 1
    assert set(addresses) == {"smtp", "sms", "web"}


def environment(directory: Path) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "SCANPASS_POST_DIR": str(directory),
        "SCANPASS_POST_SMS_TOKEN": "token",
    }


def test_two_connections_are_served_at_once(tmp_path: Path) -> None:
    """A client that says nothing does not keep the others from the pages."""
    with Post(tmp_path, "token") as post:
        idle = HTTPConnection("127.0.0.1", post.web.port, timeout=10)
        idle.connect()
        until(lambda: get(post, "/seen")[0].status == 200, 10, "the pages")
        idle.close()
