"""An ATM and a safe that can be reported, and who reports them."""

from __future__ import annotations

import pytest

from incidents import arranging
from safes.estate import place_safe
from tests.incidents.api.desk import Desk
from tests.incidents.making import atm_account, safepoint_account, site


@pytest.fixture
def desk(db: None) -> Desk:
    arranging.add_atm("ATM00001", atm_account(), site().code)
    safepoint_account()
    place_safe("SR70001", site())
    return Desk()
