"""What the embedded servers promise to the services, the demo and the tests."""

import psycopg
from minio import Minio
from urllib.parse import urlsplit
from deploy.local import Servers


def test_every_role_gets_in(servers: Servers) -> None:
    """Each service's own credentials open the database."""
    for role in ("ingest", "index", "notify", "ops"):
        with psycopg.connect(servers.environment(role)["SCANPASS_DATABASE_URL"]) as connection:
            assert connection.execute("select current_user").fetchone() == (f"scanpass_{role}",)
