"""Secrets at rest."""

from __future__ import annotations

import pytest

from safes.sealing import Unreadable, seal, unseal


def test_what_is_sealed_can_be_read_again_and_does_not_show_itself(settings):
    settings.SECRET_KEY = "one" * 20
    sealed = seal("pass wörd")
    assert "pass" not in sealed
    assert unseal(sealed) == "pass wörd"
    assert seal("pass wörd") != sealed
    assert unseal(seal("")) == ""


def test_another_secret_key_opens_nothing_unless_the_old_one_is_still_named(settings):
    settings.SECRET_KEY = "one" * 20
    sealed = seal("password")
    settings.SECRET_KEY = "two" * 20
    with pytest.raises(Unreadable, match="enter it again"):
        unseal(sealed)
    settings.SECRET_KEY_FALLBACKS = ["one" * 20]
    assert unseal(sealed) == "password"
