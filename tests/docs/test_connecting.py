"""Loomis's set-up table, as README.md fills it in, is what its command makes."""

from __future__ import annotations

import json
import re
import shlex
from io import StringIO

import pytest
from django.core.management import call_command

from safes.admin.registers import RegisterAdmin
from safes.admin.safes import SafeAdmin
from safes.admin.sites import SiteAdmin
from tests.docs.pages import page
from transactions.models import PushEndpoint

pytestmark = pytest.mark.django_db


def test_the_answers_to_loomis_are_those_of_the_endpoint_that_the_command_makes(settings):
    settings.PUBLIC_URL = "https://strongroom.example"
    readme = page("README.md")
    (block,) = re.findall(r"```sh\n(.*?)```", readme.section("Connecting Loomis"), re.DOTALL)
    python, manage, command, *arguments = shlex.split(block)
    assert (python, manage, command) == (".venv/bin/python", "manage.py", "add_push_endpoint")
    told = StringIO()
    call_command(command, *arguments, "--json", stdout=told)
    made, endpoint = json.loads(told.getvalue()), PushEndpoint.objects.get()

    answers = {asked: answer for asked, answer, _ in readme.table("Loomis asks")}
    assert answers["Endpoints"] == f"`{made['url']}`"
    assert answers["Endpoint Type"] == endpoint.environment
    assert answers["API Key Name"] == made["key_name"]
    assert answers["API Key Placement"] == made["placement"]
    assert answers["Endpoint Metadata"] == "; ".join(f"`{k}`: `{v}`" for k, v in endpoint.expected_metadata.items())
    assert answers["Transaction Whitelist"] == "all types"
    assert endpoint.types == []
    assert answers["Max Batch Size"] == str(endpoint.batch_limit)


@pytest.mark.parametrize(("room", "admin"), [("Sites", SiteAdmin), ("Safes", SafeAdmin), ("Registers", RegisterAdmin)])
def test_the_columns_of_uploads_are_those_that_are_taken(room, admin):
    rows = {first: cells for first, cells, _ in page("docs/operations.md").table("list")}
    resource = admin.resource_classes[0]()
    taken = [field.column_name for field in resource.get_import_fields()]
    needed, _, others = rows[room].partition("(needed)")
    assert re.findall(r"`([a-z_]+)`", needed) == list(resource.required)
    assert set(re.findall(r"`([a-z_]+)`", needed + others)) == set(taken)
