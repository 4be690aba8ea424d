"""The address that the ready line prints leads people to the staff site."""

from django.urls import reverse


def test_the_bare_address_leads_to_the_staff_site(client):
    response = client.get("/")
    assert (response.status_code, response["Location"]) == (302, reverse("admin:index"))


def test_a_post_to_the_bare_address_is_not_sent_on(client):
    assert client.post("/", {}).status_code == 405
