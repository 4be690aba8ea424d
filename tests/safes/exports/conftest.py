"""Lists as files, in a storage of the test's own."""

import pytest

from tests.factories import AdministratorFactory


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    """The directory that files lie in."""
    where = tmp_path / "exports"
    exports = {**settings.STORAGES["exports"], "OPTIONS": {"location": str(where)}}
    settings.STORAGES = {**settings.STORAGES, "exports": exports}
    return where


@pytest.fixture
def user():
    return AdministratorFactory.create()


@pytest.fixture
def staff(client, user):
    client.force_login(user)
    return client
