"""The settings as another process reads them, from nothing but its environment."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

SERVERS = {
    "DATABASE_URL": "postgres://u:p@db.test/tusker",
    "REDIS_URL": "redis://cache.test:6379/0",
}
NAMES = [
    "DEBUG", "SECRET_KEY", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY",
    "SECURE_HSTS_SECONDS", "ALLOWED_HOSTS", "CELERY_BROKER_URL",
]  # fmt: skip


def read_settings(home: Path, **environment: str) -> dict[str, object]:
    plain = {key: value for key, value in os.environ.items() if not key.startswith("TUSKER_")}
    code = (
        "import json; from config import settings; "
        f"print(json.dumps({{name: getattr(settings, name, None) for name in {NAMES}}}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, check=True, capture_output=True, text=True,
        env={**plain, **SERVERS, "TUSKER_HOME": str(home), **environment},
    )  # fmt: skip
    return json.loads(done.stdout)


def test_nothing_dangerous_is_on_unless_asked_for(tmp_path):
    plain = read_settings(tmp_path)
    assert plain["DEBUG"] is False
    assert "*" not in plain["ALLOWED_HOSTS"]
    assert read_settings(tmp_path, TUSKER_DEBUG="1")["DEBUG"] is True


def test_the_secret_key_is_made_once_and_for_its_owner_only(tmp_path):
    first, second = read_settings(tmp_path), read_settings(tmp_path)
    assert first["SECRET_KEY"] == second["SECRET_KEY"]
    assert len(first["SECRET_KEY"]) >= 50
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert read_settings(tmp_path / "other")["SECRET_KEY"] != first["SECRET_KEY"]
    assert read_settings(tmp_path, TUSKER_SECRET_KEY="given")["SECRET_KEY"] == "given"


def test_behind_tls_cookies_travel_through_tls_only(tmp_path):
    plain, secure = read_settings(tmp_path), read_settings(tmp_path, TUSKER_TLS="1")
    for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"):
        assert (plain[name], secure[name]) == (False, True)
    assert secure["SECURE_HSTS_SECONDS"] > 0


@pytest.mark.django_db
def test_every_page_forbids_scripts_that_are_not_the_sites_own(client):
    policy = client.get("/login/")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy + ";"
    assert "unsafe" not in policy
