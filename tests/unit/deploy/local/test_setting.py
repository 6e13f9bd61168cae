"""Ports and passwords are chosen once, and kept private."""

import json
import socket
from pathlib import Path

from deploy.local.environment import IDENTITIES, PASSWORDS, environment, exports, write
from deploy.local.setting import HOST, PORTS, choose, free, load, prepare


def test_ports_and_passwords_stay(tmp_path: Path) -> None:
    """The second start has what the first one chose."""
    first, second = (prepare(tmp_path, PASSWORDS) for _ in range(2))
    assert first == second == load(tmp_path)
    assert len(set(first.ports.values())) == len(PORTS)


def test_a_port_that_somebody_took_is_chosen_anew(tmp_path: Path) -> None:
    """All the others stay."""
    before = prepare(tmp_path, PASSWORDS).ports
    with socket.socket() as taken:
        taken.bind((HOST, before["s3"]))
        taken.listen()
        after = prepare(tmp_path, PASSWORDS).ports
    changed = {name for name in PORTS if before[name] != after[name]}
    assert changed == {"s3"}


def test_a_port_is_free_while_old_connections_linger() -> None:
    """A server that was stopped gets its port back at once."""
    with socket.create_server((HOST, 0)) as server:
        port = int(server.getsockname()[1])
        assert not free(port)
        with socket.create_connection((HOST, port)):
            accepted, _ = server.accept()
            accepted.close()  # first, so that the server's side lingers in TIME_WAIT
    assert free(port)


def test_nobody_else_reads_a_password(tmp_path: Path) -> None:
    """Every file that holds one is for its owner only, whatever the umask."""
    setting = prepare(tmp_path, PASSWORDS)
    write(setting)
    passwords = list(setting.passwords.values())
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        if any(password in path.read_text() for password in passwords):
            assert path.stat().st_mode & 0o777 == 0o600, path
    assert (tmp_path / "env").stat().st_mode & 0o777 == 0o700


def test_a_broken_file_is_chosen_anew(tmp_path: Path) -> None:
    """A file cut off by a full disk costs the data's passwords, not the start."""
    (tmp_path / "ports.json").write_text('{"s3": 2')
    assert set(prepare(tmp_path, PASSWORDS).ports) == set(PORTS)


def test_a_service_sees_only_its_own(tmp_path: Path) -> None:
    """No password of one identity is in the environment of another."""
    setting = prepare(tmp_path, PASSWORDS)
    assert len(set(setting.passwords.values())) == len(PASSWORDS)
    for name, password in setting.passwords.items():
        see = {who for who in IDENTITIES if password in json.dumps(environment(who, setting))}
        owner = {
            "sms.token": {"notify"},
            "codes.key": {"notify", "ops", "portal"},  # sent, printed and read
            "s3.admin": {"owner"},
            "s3.signing": set[str](),
        }
        assert see == owner.get(name, {name.split(".")[1]}), name


def test_the_exports_survive_a_shell(tmp_path: Path) -> None:
    """What a value holds beyond letters is quoted."""
    lines = exports("notify", prepare(tmp_path, PASSWORDS)).splitlines()
    assert "export SCANPASS_MAIL_FROM='Scanpass <no-reply@scanpass.example>'" in lines


def test_two_sets_never_meet_once_one_listens_anywhere() -> None:
    """Also at the ports that the first has chosen and does not listen at yet."""
    first = choose({})
    with socket.create_server((HOST, first["database"])):
        for _ in range(400):
            assert not set(choose({}).values()) & set(first.values())
