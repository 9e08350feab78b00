"""Taking exports away."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEntry, User
from evaluation.models import ExportJob
from taxonomy.downloads import file_response

ONE_DOWNLOAD = timedelta(hours=1)
ZIP = "application/zip"


def download(request: HttpRequest, user: User, job: ExportJob) -> HttpResponseBase:
    """The file of an export, or what of it is asked for; that it was taken is noted.

    Raises Http404 if it is not done, or if its file is gone.
    """
    if job.state != ExportJob.State.DONE or job.bytes is None:
        raise Http404("This export is not done.")
    try:
        answer = file_response(
            request, partial(default_storage.open, job.file), job.bytes, job.sha256,
            job.download_name, ZIP,
        )  # fmt: skip
    except FileNotFoundError:
        raise Http404("The file of this export is gone.") from None
    if answer.streaming:
        _note(user, job)
    return answer


def _note(user: User, job: ExportJob) -> None:
    """Once, however many parts somebody takes it in."""
    subject = f"download of export {job.pk}, {job}"[:500]
    lately = AuditEntry.objects.filter(created__gt=timezone.now() - ONE_DOWNLOAD)
    if not lately.filter(user=user, action=audit.Action.EXPORT, subject=subject).exists():
        audit.note(user, audit.Action.EXPORT, subject)
