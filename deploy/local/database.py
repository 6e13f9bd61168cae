"""A private PostgreSQL 15, one role a service.

It refuses to run as root, so root runs it as `postgres`. That user cannot cross a home of mode
0700: then its data lies in a private folder under /var/tmp, and a pointer to it under `root`.
"""

import os
import pwd
import shutil
import signal
import stat
import subprocess
from contextlib import suppress
from pathlib import Path

import psycopg
from psycopg import sql

from deploy.local.processes import Command, run_as
from deploy.local.setting import HOST, Setting, write_private
from services.ops.migrate import migrate

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
ROLES = ("ingest", "index", "notify", "portal", "ops")
OWNER, NAME = "scanpass", "scanpass"
BACK = "set"  # a file that names the set a folder elsewhere belongs to
ELSEWHERE = Path("/var/tmp")  # noqa: S108  the folder made there is checked to be ours

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",  # its path may be longer than a socket's can be
    "max_connections": 200,
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_min_messages": "warning",
    # An error's detail and parameters hold patients' data.
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": 0,
    "log_min_error_statement": "panic",
}


class Database:
    """The cluster, its schemas and its roles."""

    name = "database"

    def __init__(self, setting: Setting) -> None:
        """Lie in `root/database`, or where the pointer there says."""
        self._setting = setting
        self._user = "postgres" if os.geteuid() == 0 else None
        self._home = home(setting, self._user)

    def configure(self) -> None:
        """Make the cluster where there is none; half a one, left by a kill, is made anew."""
        data, draft, password = (self._home / name for name in ("data", "draft", "password"))
        if data.exists():
            return
        shutil.rmtree(draft, ignore_errors=True)
        write_private(password, self._setting.passwords["database.owner"])
        belong(password, self._user)
        words = ["-D", str(draft), "-U", OWNER, "-E", "UTF8", "--locale=C.UTF-8", "-A"]
        subprocess.run(  # noqa: S603  the words are ours
            [*run_as(self._user), str(PROGRAMS / "initdb"), *words, "scram-sha-256",
             f"--pwfile={password}", "--no-sync", "--no-instructions"],
            cwd=self._home, env=clean(), stdout=subprocess.DEVNULL, check=True,
        )  # fmt: skip
        password.unlink()
        draft.rename(data)

    def command(self) -> Command:
        """Return how it is started; SIGINT is its fast shutdown."""
        settings = SETTINGS | {"port": self._setting.ports["database"]}
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        arguments = [str(PROGRAMS / "postgres"), "-D", str(self._home / "data"), *options]
        return Command(arguments, clean(), self._home, self._user, signal.SIGINT)

    def ready(self) -> bool:
        """Say whether it takes connections."""
        url = database_url(self._setting, "owner", "postgres")
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def provision(self) -> None:
        """Bring the schemas up to date, and let each role in with its own password."""
        owner = database_url(self._setting, "owner")
        migrate(owner)
        with psycopg.connect(owner) as connection:
            for role in ROLES:
                password = self._setting.passwords[f"database.{role}"].encode()
                name = f"scanpass_{role}"
                # Sent as a verifier: no log can hold the password.
                verifier = connection.pgconn.encrypt_password(
                    password, name.encode(), b"scram-sha-256"
                ).decode()
                connection.execute(
                    sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(
                        sql.Identifier(name), sql.Literal(verifier)
                    )
                )

    def tidy(self) -> None:
        """Leave nothing."""


def database_url(setting: Setting, role: str, database: str = NAME) -> str:
    """Return where `role` connects, password included; on loopback without TLS."""
    user = OWNER if role == "owner" else f"scanpass_{role}"
    where = f"{HOST}:{setting.ports['database']}/{database}"
    return f"postgresql://{user}:{setting.passwords[f'database.{role}']}@{where}?sslmode=disable"


def home(setting: Setting, user: str | None) -> Path:
    """Return the folder of mode 0700 that belongs to `user`, and that `user` can reach."""
    pointer, within = setting.root / "database.path", setting.root / "database"
    if pointer.exists():
        kept = Path(pointer.read_text().strip())
        if kept.exists():
            return owned(kept, user)
    if not reaches(user, setting.root):
        forget(user)
        within = ELSEWHERE / setting.name
        if within.exists():  # of an earlier `root` at this path, whose passwords are gone
            shutil.rmtree(owned(within, user))
    within.mkdir(mode=0o700, exist_ok=True)
    within.chmod(0o700)
    belong(within, user)
    write_private(within / BACK, str(setting.root))
    write_private(pointer, str(within))
    return owned(within, user)


def forget(user: str | None) -> None:
    """Remove what lies elsewhere for sets that were removed without it."""
    for left in ELSEWHERE.glob("scanpass-*"):
        with suppress(OSError):  # not ours, or another start removes it just now
            if not Path((owned(left, user) / BACK).read_text()).exists():
                shutil.rmtree(left)


def owned(folder: Path, user: str | None) -> Path:
    """Return `folder` if it is a true folder of `user`'s that nobody else may enter.

    Raises:
        PermissionError: it is not; somebody else may have laid it there.

    """
    found = folder.lstat()
    wanted = os.geteuid() if user is None else pwd.getpwnam(user).pw_uid
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != wanted or found.st_mode & 0o077:
        msg = f"{folder} is not a private folder of ours: remove it"
        raise PermissionError(msg)
    return folder


def reaches(user: str | None, folder: Path) -> bool:
    """Say whether `user` can cross every folder down to `folder`."""
    asked = [*run_as(user), "test", "-x", str(folder)]
    return subprocess.run(asked, check=False, cwd="/").returncode == 0  # noqa: S603  as above


def belong(path: Path, user: str | None) -> None:
    """Give `path` to `user`."""
    if user is not None:
        shutil.chown(path, user, user)


def clean() -> dict[str, str]:
    """Return an environment in which none of the caller's PG* variables is left."""
    return {"PATH": os.defpath, "LANG": "C.UTF-8"}
