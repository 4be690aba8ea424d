"""No page of ours asks the browser for what the content policy forbids, and the policy does forbid."""

from __future__ import annotations

import pytest

from config.content_policy import STAFF_SITE, STRICT
from tests.factories import FindingFactory, RegisterFactory
from tests.journeys.staff import administrator, sign_in
from tests.staff import page, rooms
from tests.transactions.pushing import body, drop, endpoint
from transactions.models import Delivery

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]


POLICIES = {
    "/admin/login/": STAFF_SITE,
    "/admin/nothing/": STAFF_SITE,
    "/": STRICT,
    "/healthz": STRICT,
    "/nothing": STRICT,
    "/static/staff/staff.css": STRICT,
    "/api/loomis/transactions/nobody": STRICT,
}


def test_every_answer_carries_the_policy(staff_server):
    said = {path: staff_server.ask("GET", path).headers["content-security-policy"] for path in POLICIES}
    assert said == POLICIES


def test_no_policy_lets_a_page_run_what_it_carries_itself():
    for policy in (STAFF_SITE, STRICT):
        scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
        assert "'unsafe-inline'" not in scripts
        assert "http" not in policy
    assert "'unsafe-eval'" not in STRICT


def test_every_page_of_the_staff_site_works_within_the_policy(window, staff_server, complaints):
    staff_server.push("loomis", body([drop(), drop(1, Amount="<i>much</i>")]), {"Authorization": endpoint("loomis")})
    FindingFactory.create()
    RegisterFactory.create()
    administrator()
    sign_in(window)
    looked = 0
    for model in rooms():
        first = model._default_manager.values_list("pk", flat=True).first()
        addresses = [page(model, "changelist"), page(model, "add")]
        addresses += [page(model, "change", first), page(model, "history", first)] if first else []
        for address in addresses:
            answer = window.goto(address, wait_until="load")
            looked += answer is not None and answer.status == 200
            # A page that is refused is one too; the console says no more of it than its status.
            complaints[:] = [said for said in complaints if "status of 403" not in said]
            assert complaints == [], address
    window.goto(page(Delivery, "raw", Delivery.objects.get().pk))
    for address in ("/admin/", "/admin/password_change/", "/admin/second-factor/set-up/"):
        window.goto(address)
    assert looked > 20
    assert complaints == []


def test_a_script_that_came_to_stand_in_a_page_is_not_run(window, complaints):
    window.goto("/admin/login/")
    window.evaluate(
        """() => {
            const script = document.createElement('script');
            script.textContent = 'window.ran = true';
            document.body.append(script);
            document.body.insertAdjacentHTML('beforeend', '<img src="/nothing.png" onerror="window.ran = true">');
        }"""
    )
    window.wait_for_timeout(300)
    assert window.evaluate("window.ran") is None
    assert any("Content Security Policy" in said for said in complaints)
