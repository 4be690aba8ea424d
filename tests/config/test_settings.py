"""Settings: production has nothing to be ashamed of, and every variable is written down."""

import json
import re
import shutil
import subprocess
import sys

import pytest

from config.data_dir import CHECKOUT
from tests.config.system import clean_environment

WHICH = "from django.conf import settings; print(settings.SETTINGS_MODULE)"


def django(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        check=False,
        cwd=CHECKOUT,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
    )


def test_the_deployment_check_is_clean_in_production():
    done = django(
        *("manage.py", "check", "--deploy", "--fail-level", "DEBUG"),
        DJANGO_SETTINGS_MODULE="config.settings.production",
        SECRET_KEY="0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        ALLOWED_HOSTS="strongroom.example",
    )
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_production_does_not_start_without_its_secret():
    done = django("manage.py", "check", DJANGO_SETTINGS_MODULE="config.settings.production", ALLOWED_HOSTS="x")
    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr


@pytest.mark.parametrize(
    ("url", "backend"),
    [
        ("", "safes.unarranged_mail.EmailBackend"),
        ("smtp+tls://user:password@mail.example:587", "django.core.mail.backends.smtp.EmailBackend"),
    ],
)
def test_production_without_a_mail_server_says_so_instead_of_writing_to_a_log(url, backend):
    done = django(
        *("-c", "from django.conf import settings; print(settings.EMAIL_BACKEND, settings.EMAIL_HOST)"),
        DJANGO_SETTINGS_MODULE="config.settings.production",
        SECRET_KEY="x" * 60,
        ALLOWED_HOSTS="strongroom.example",
        EMAIL_URL=url,
    )
    assert done.stdout.split()[0] == backend, done.stderr
    assert done.stdout.split()[1] == ("mail.example" if url else "None")


@pytest.mark.parametrize(("environment", "wanted"), [({}, "written"), ({"DJANGO_SETTINGS_MODULE": "given"}, "given")])
def test_commands_take_the_settings_that_env_names_unless_the_environment_names_others(tmp_path, environment, wanted):
    for part in ("manage.py", "config/__init__.py", "config/data_dir.py"):
        (tmp_path / part).parent.mkdir(exist_ok=True)
        shutil.copy(CHECKOUT / part, tmp_path / part)
    (tmp_path / ".env").write_text("DJANGO_SETTINGS_MODULE=written\n")
    for name in ("written", "given"):
        (tmp_path / f"{name}.py").write_text("SECRET_KEY = 'x'\n")
    said = subprocess.run(
        [
            sys.executable,
            "manage.py",
            "shell",
            "-c",
            "from django.conf import settings; print(settings.SETTINGS_MODULE)",
        ],
        check=False,
        cwd=tmp_path,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
    )
    assert said.stdout.split()[-1:] == [wanted], said.stderr


def test_every_variable_that_is_read_is_explained_and_no_other():
    source = "\n".join(path.read_text() for path in (CHECKOUT / "config").rglob("*.py"))
    read = set(re.findall(r"""env\.\w+\(\s*"([A-Z_]+)\"""", source))
    read |= set(re.findall(r"""environ\.get\("([A-Z_]+)"\)""", source))
    read |= set(re.findall(r"""_number\("([A-Z_]+)\"""", source))
    read |= {"DJANGO_SETTINGS_MODULE"}
    explained = set(re.findall(r"^#([A-Z_]+)=", (CHECKOUT / ".env.example").read_text(), re.MULTILINE))
    # Set by our own processes for their children.
    assert explained == read - {"STRONGROOM_ROLE", "STRONGROOM_SUPERVISED"}


LOG = """
import django; django.setup()
import logging, structlog
from django.test import RequestFactory
structlog.get_logger("ours").info("told", amount="1.00")
request = RequestFactory().get("/a/path?key=letmein")
try:
    raise ValueError("broken")
except ValueError:
    logging.getLogger("theirs").exception("went wrong: %s", request.path, extra={"request": request})
"""


def test_production_logs_are_json_one_event_a_line_without_query_strings():
    done = django("-c", LOG, DJANGO_SETTINGS_MODULE="config.settings.test", LOG_FORMAT="json")
    assert done.returncode == 0, done.stderr
    ours, theirs = map(json.loads, done.stderr.splitlines())
    assert (ours["event"], ours["amount"], ours["level"]) == ("told", "1.00", "info")
    assert (theirs["event"], theirs["level"]) == ("went wrong: /a/path", "error")
    assert theirs["exception"][0]["exc_type"] == "ValueError"
    assert "letmein" not in done.stderr


def test_only_the_web_gives_up_on_statements():
    script = (
        "import {module}; from django.conf import settings as chosen; "
        "print(chosen.DATABASES['default']['OPTIONS'].get('options'))"
    )
    web = django("-c", script.format(module="config.wsgi"), DJANGO_SETTINGS_MODULE="config.settings.test")
    other = django("-c", script.format(module="config"), DJANGO_SETTINGS_MODULE="config.settings.test")
    assert "statement_timeout=15000" in web.stdout
    assert other.stdout.strip() == "None"
