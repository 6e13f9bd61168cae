"""Call the judge, who knows nothing of us but where the servers are."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from deploy.local.demo.scanpass import ROOT, clean


def variables(
    environment: Callable[[str], Mapping[str, str]], data: Path, mailbox: Path, since: float
) -> dict[str, str]:
    """Return the judge's environment, from what the administrators' would be, and notify's."""
    owner, ops, notify = (environment(name) for name in ("owner", "ops", "notify"))
    return {
        "JUDGE_DATA": str(data),
        "JUDGE_MAILBOX": str(mailbox),
        "JUDGE_SINCE": str(since),
        "JUDGE_S3_ENDPOINT": owner["SCANPASS_S3_ENDPOINT"],
        "JUDGE_S3_ACCESS_KEY": owner["SCANPASS_S3_ACCESS_KEY"],
        "JUDGE_S3_SECRET_KEY": owner["SCANPASS_S3_SECRET_KEY"],
        "JUDGE_DATABASE_URL": owner["SCANPASS_DATABASE_URL"],
        "JUDGE_MANAGEMENT_URL": ops["SCANPASS_MANAGEMENT_URL"],
        "JUDGE_PORTAL_URL": notify["SCANPASS_PORTAL_URL"],
        "JUDGE_CODE_KEY": notify["SCANPASS_CODE_KEY"],
    }


def judge(environment: dict[str, str]) -> int:
    """Let the judge look and print; return 0 where nothing is wrong, else 1."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.judge"],
        cwd=ROOT,
        env=clean(os.environ) | environment,
        check=False,
    )
    return 1 if done.returncode else 0
