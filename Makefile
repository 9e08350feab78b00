# make demo | serve | test | bench | lint | install | lock
# PORT=8123 and HOST=0.0.0.0 say where demo and serve listen; DATA=folder loads real data.
PORT ?= 8000
HOST ?= 127.0.0.1
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed

.PHONY: install demo serve stop test bench lint format lock

install: $(INSTALLED)

$(INSTALLED): requirements.lock pyproject.toml
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	touch $@

demo: install
	$(RUN) manage.py migrate --verbosity 0
	$(RUN) manage.py load_demo $(if $(DATA),--data "$(DATA)")
	$(RUN) manage.py collectstatic --no-input --verbosity 0
	@$(RUN) manage.py load_demo --address "http://$(HOST):$(PORT)/"
	$(RUN) -m config.serving --host $(HOST) --port $(PORT)

serve: install
	$(RUN) manage.py migrate --verbosity 0
	$(RUN) manage.py collectstatic --no-input --verbosity 0
	@echo "Tusker: http://$(HOST):$(PORT)/ (Ctrl-C stops everything)"
	$(RUN) -m config.serving --host $(HOST) --port $(PORT)

stop:
	$(RUN) -c "from config import embedded; embedded.stop()"

test: install
	$(RUN) -m tests

bench: install
	$(RUN) -m benchmarks $(BENCH)

lint: install
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	git ls-files -z 'templates/*.html' | xargs -0 $(VENV)/bin/djade --check --target-version 5.2
	$(RUN) manage.py makemigrations --check --dry-run

format: install
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .
	git ls-files -z 'templates/*.html' | xargs -0 $(VENV)/bin/djade --target-version 5.2

lock:
	$(VENV)/bin/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
		--no-header --no-annotate --no-emit-index-url --quiet --output-file requirements.lock
