"""What docker/ promises, as far as it can be judged without an engine: files that read well and keep the rules."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose
from django.conf import settings

from config.celery import QUEUES
from config.data_dir import CHECKOUT
from incidents.outbox.claiming import LANES
from tests.config.system import clean_environment

HERE = CHECKOUT / "docker"
FILES = ["compose.yaml", "compose.cluster.yaml"]
NEEDED = {
    "SECRET_KEY": "x" * 50,
    "SITE_ADDRESS": "strongroom.example",
    "POSTGRES_PASSWORD": "letters",
    "STRONGROOM_IMAGE": "strongroom:1",
    "BODIES_SERVER": "files.example",
    "BODIES_EXPORT": "/kept",
}
every_file = pytest.mark.parametrize("name", FILES)
Services = dict[str, dict[str, Any]]


def services(name: str) -> Services:
    found: Services = yaml.safe_load((HERE / name).read_text())["services"]
    return found


@every_file
def test_compose_accepts_it(name: str):
    # Merge keys are YAML's own business, and done by then.
    plain = yaml.safe_load((HERE / name).read_text())
    resolved = re.sub(r"\$\{(\w+)[^{}]*(\{[^}]*\})?[^{}]*\}", lambda found: NEEDED.get(found[1], ""), json.dumps(plain))
    read = PyCompose.from_yaml(resolved)
    read.validate()
    assert set(read.service_names()) == set(plain["services"])


@every_file
def test_docker_accepts_it_where_its_compose_is_there(name: str):
    """CI's machines have it; elsewhere the reading above stands alone."""
    for words in composes():
        done = subprocess.run(
            [*words, "-f", str(HERE / name), "config", "--quiet"],
            check=False,
            env=clean_environment(**NEEDED),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr


def composes() -> list[list[str]]:
    docker = shutil.which("docker")
    if docker and subprocess.run([docker, "compose", "version"], check=False, capture_output=True).returncode == 0:
        return [[docker, "compose"]]
    return [[alone]] if (alone := shutil.which("docker-compose")) else []


@every_file
def test_every_service_says_what_it_is_whether_it_is_well_and_who_it_runs_as(name: str):
    for service, said in services(name).items():
        image = said["image"]
        assert "${STRONGROOM_IMAGE" in image or re.search(r":\d[\w.-]*$", image), f"{service}: {image} names no version"
        assert said["healthcheck"] == {"disable": True} if service == "migrate" else said["healthcheck"]["test"]
        if service == "proxy":
            assert (said["cap_drop"], said["cap_add"], said["read_only"]) == (["ALL"], ["NET_BIND_SERVICE"], True)
        else:
            assert str(said["user"]).partition(":")[0] not in ("", "0", "root")


@every_file
def test_no_secret_is_in_the_file_and_none_has_a_default(name: str):
    text = (HERE / name).read_text()
    for secret in ("SECRET_KEY", "POSTGRES_PASSWORD"):
        assert re.search(rf"\$\{{{secret}:\?", text)
        assert not re.search(rf"\$\{{{secret}:?-", text)
        assert set(re.findall(rf"^\s+{secret}: (.)", text, re.MULTILINE)) <= {"$"}


@every_file
def test_what_must_outlive_a_container_is_in_a_volume_with_a_name_and_nothing_else_is(name: str):
    whole = yaml.safe_load((HERE / name).read_text())
    kept = {
        service: [volume for volume in said.get("volumes", []) if not volume.startswith("./")]
        for service, said in whole["services"].items()
    }
    ours = {service for service, said in whole["services"].items() if "STRONGROOM_IMAGE" in said["image"]}
    assert {service for service, volumes in kept.items() if volumes} == {"db", "broker", "proxy", *ours}
    # Ours keep nothing but what all of them see: they can be anywhere, and any number.
    for service in ours:
        said = whole["services"][service]
        assert kept[service] == ["bodies:/bodies"]
        assert said["environment"]["BODIES_DIR"] == "/bodies"
        assert said["read_only"]
    assert {volume.partition(":")[0] for volumes in kept.values() for volume in volumes} == set(whole["volumes"])


@every_file
def test_only_the_proxy_can_be_reached_from_outside(name: str):
    assert {service for service, said in services(name).items() if said.get("ports")} == {"proxy"}


@every_file
def test_every_queue_has_a_worker_and_there_is_one_beat(name: str):
    commands = {service: said["command"] for service, said in services(name).items() if "config.serve" in str(said)}
    workers = [words for words in commands.values() if words[3] == "worker"]
    served = {queue for words in workers for queue in (words[5].split(",") if len(words) > 4 else QUEUES)}
    assert served == set(QUEUES)
    assert [service for service, words in commands.items() if words[3] == "beat"] == ["beat"]
    assert services(name)["beat"].get("deploy", {"replicas": 1})["replicas"] == 1


def test_several_machines_have_several_of_what_can_be_several():
    cluster = services("compose.cluster.yaml")
    several = {service for service, said in cluster.items() if said["deploy"]["replicas"] > 1}
    assert several == {"web", "worker-record", "worker-derive", "worker-outside", "worker-dispatch"}
    # Each web thread and each worker keeps a connection; two web processes of eight threads are the default. A worker
    # that sends has one of its own, and one for each try that it writes down.
    needed = cluster["web"]["deploy"]["replicas"] * (2 * 8 + 1) + 6 * 3 + 2 * (1 + LANES)
    assert f"max_connections={200}" in cluster["db"]["command"]
    assert needed < 200


def test_the_image_is_built_in_stages_and_runs_as_nobody_in_particular():
    lines = [line for line in (HERE / "Dockerfile").read_text().splitlines() if line and not line.startswith("#")]
    stages = [line.split() for line in lines if line.startswith("FROM ")]
    assert len(stages) == 2
    assert {stage[1] for stage in stages} == {stages[0][1]}
    assert re.fullmatch(r"python:3\.\d+-slim-\w+", stages[0][1])
    last = lines[max(index for index, line in enumerate(lines) if line.startswith("FROM ")) :]
    assert "USER 10001:10001" in last
    assert last.index("USER 10001:10001") > max(i for i, line in enumerate(last) if line.startswith(("COPY", "RUN")))
    assert any(line.startswith("HEALTHCHECK") for line in last)
    text = "\n".join(lines)
    assert "--no-dev" in text
    assert "--locked" in text
    assert not re.search(r"\b(ADD|sudo|curl|apt-get|latest)\b", text)


def test_the_image_has_the_house_and_neither_tests_nor_what_lies_around():
    ignored = (CHECKOUT / ".dockerignore").read_text().split()
    kept = {line[1:] for line in ignored if line.startswith("!")}
    assert ignored[0 if ignored[0] == "*" else ignored.index("*")] == "*"
    assert kept == {
        *("pyproject.toml", "uv.lock", "manage.py", "config", "safes", "transactions", "incidents", "loyalty"),
        *("templates", "static"),
    }
    assert not {Path(name).parts[0] for name in kept} & {"tests", "var", ".git", ".env"}


def test_the_proxy_takes_every_body_that_is_ours_to_judge():
    found = re.search(r"max_size (\d+)MiB", (HERE / "Caddyfile").read_text())
    assert found is not None
    assert settings.PUSH_MAX_BODY_BYTES < int(found[1]) * 2**20 < settings.PUSH_MAX_BODY_BYTES * 1.2
