"""The WSGI application that gunicorn serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from config import embedded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
embedded.start()
application = get_wsgi_application()
# Import every view before the workers fork, or the first request of each of them pays for it.
assert get_resolver().url_patterns
# What is loaded now stays for good: the collector need not go through it during requests.
gc.collect()
gc.freeze()
