"""How long the server itself took for a response, told in the Server-Timing header."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class ServerTimingMiddleware:
    """Adds `Server-Timing: app;dur=MILLISECONDS` (W3C Server Timing) to every response.

    It stands first in the list, so the time covers every other middleware, the view and the
    commit of its transaction; queueing in front of the process is not in it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        start = time.perf_counter()
        response = self.get_response(request)
        milliseconds = (time.perf_counter() - start) * 1000
        response["Server-Timing"] = f"app;dur={milliseconds:.2f}"
        return response
