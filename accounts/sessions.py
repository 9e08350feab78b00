"""Sessions in the database, as Django keeps them, found by a prepared statement."""

from __future__ import annotations

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.models import Session
from django.utils import timezone

from config.prepared import fetch


class SessionStore(DatabaseSessions):
    def _get_session_from_db(self) -> Session | None:
        session = fetch(Session, self.session_key)
        if session is None or session.expire_date <= timezone.now():
            self._session_key = None
            return None
        return session
