"""What a worker that died left behind: tries that nobody ends any more, and answers that nobody took in."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from incidents.models import Attempt, Dispatch, LoomisAccount
from incidents.outbox.claiming import claimed_within
from incidents.outbox.outcomes import conclude, read_answer
from incidents.outbox.waits import lease
from incidents.transports.judging import Outcome, Result
from incidents.waking import wake_on_commit

# Whoever wrote down an answer takes it in right away.
ANSWERED_FOR = dt.timedelta(minutes=1)


def sweep() -> int:
    """End tries whose worker died, and take in answers that it left. Returns how many there were."""
    now = timezone.now()
    claimed = Dispatch.objects.filter(~claimed_within(lease, now), state=Dispatch.State.CLAIMED)
    lost = Attempt.objects.filter(ended_at__isnull=True, dispatch__in=claimed).order_by("pk")
    swept = 0
    for attempt_id, dialect in lost.values_list("pk", "dispatch__incident__account__dialect"):
        again = dialect == LoomisAccount.Dialect.ATM
        conclude(attempt_id, Result(Outcome.UNKNOWN, _sentence(again), may_have_arrived=True))
        swept += 1
    for attempt in Attempt.objects.filter(answer_waits=True, ended_at__lt=now - ANSWERED_FOR).order_by("ended_at"):
        read_answer(attempt)
        swept += 1
    if swept:
        wake_on_commit()
    return swept


def _sentence(again: bool) -> str:
    what = "It is tried again, with the same reference." if again else "Ask Loomis, and send it again if it has none."
    return f"The worker that sent it died before it could say what came of it. {what}"
