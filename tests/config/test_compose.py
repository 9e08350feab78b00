"""The files for Docker: what they name exists, and Docker's own reader takes them."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
import yaml
from django.conf import settings

from config.serving import children

ROOT = settings.BASE_DIR
COMPOSE = (ROOT / "docker-compose.yml").read_text()
SERVICES = yaml.safe_load(COMPOSE)["services"]


def test_every_variable_has_its_place_in_the_example():
    asked = set(re.findall(r"(?<!\$)\$\{([A-Z0-9_]+)", COMPOSE))
    example = set(re.findall(r"^([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.M))
    assert asked == example


def test_every_queue_has_a_worker_with_the_options_that_a_single_machine_uses():
    here = [child.command for child in children("127.0.0.1", 0, 1)]
    for queue in settings.QUEUES:
        option = f"--queues {queue} "
        service = next(one for one in SERVICES.values() if option in str(one.get("command", "")))
        assert service["environment"]["QUEUE"] == queue
        assert any(queue in command for command in here)


def test_whatever_is_depended_on_says_whether_it_is_well():
    for name, service in SERVICES.items():
        for other in service.get("depends_on", {}):
            assert "healthcheck" in SERVICES[other], (name, other)


def test_only_the_proxy_is_open_to_the_outside():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]


def test_files_that_are_named_are_there():
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).exists(), source
    assert (ROOT / "deploy" / "web.sh").exists()


def compose() -> list[str] | None:
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    plugin = ["docker", "compose"]
    there = (
        shutil.which("docker")
        and not subprocess.run([*plugin, "version"], capture_output=True, check=False).returncode
    )
    return plugin if there else None


@pytest.mark.skipif(compose() is None, reason="Docker's compose is not installed")
def test_docker_compose_takes_it():
    command = compose() or []
    done = subprocess.run(
        [*command, "--env-file", ".env.example", "config"], cwd=ROOT, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert set(yaml.safe_load(done.stdout)["services"]) == set(SERVICES)
