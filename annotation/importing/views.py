from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.roles import ADMIN, roles_required


@roles_required(ADMIN)
def datasets(request: HttpRequest) -> HttpResponse:
    return render(request, "annotation/datasets.html")


@roles_required(ADMIN)
def imports(request: HttpRequest) -> HttpResponse:
    return render(request, "annotation/imports.html")


@roles_required(ADMIN)
def import_job(request: HttpRequest, job_id: int) -> HttpResponse:
    return render(request, "annotation/import_job.html")
