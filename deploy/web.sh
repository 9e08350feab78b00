#!/bin/sh
# The web server of a container: the database up to date, static files where the proxy finds them.
set -eu
python manage.py migrate --verbosity 0
python manage.py collectstatic --no-input --verbosity 0
exec gunicorn config.wsgi --config python:config.webserver --bind 0.0.0.0:8000 \
  --worker-class gthread --workers "${WEB_WORKERS:-4}" --threads 2 --keep-alive 75 --timeout 60 \
  --log-level warning --preload
