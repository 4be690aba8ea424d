"""Drawing site days soon after takings or other cash have changed them."""

from __future__ import annotations

import structlog

from transactions.drawing import tell_worker
from transactions.models import TouchedSiteDay
from transactions.reconciliation.sites.drawing import draw_sites_touched

log = structlog.get_logger(__name__)

# No more than these are drawn at once, so that whoever looks next sees what came of his takings.
_AT_ONCE = 8


def draw_sites_soon() -> None:
    """Draw what is marked: at once when it is little, else by the worker. After the commit; raises nothing.

    The marks are committed, and the clock comes round for whatever is not drawn now.
    """
    try:
        if not TouchedSiteDay.objects.order_by("pk")[_AT_ONCE : _AT_ONCE + 1].exists():
            draw_sites_touched()
            return
    except Exception:  # a bug in a rule must not fail the takings that gave it something to look at
        log.exception("site_days_not_drawn", consequence="they wait for the next turn of the clock")
        return
    tell_worker()
