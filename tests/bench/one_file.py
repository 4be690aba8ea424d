"""One file taken in by a process of its own, as a worker does: how long it takes, and the most memory it needs.

    python -m tests.bench.one_file PATH

Prints a JSON object: ``seconds`` from the first byte read to the last commit, ``peak_mb`` of the whole process,
``created``, and the delivery's id.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    import django

    django.setup()
    from django.db.transaction import atomic

    from transactions.deliveries import record_delivery
    from transactions.feeds.taking import store_file
    from transactions.models import Feed

    path = Path(sys.argv[1])
    feed, _ = Feed.objects.get_or_create(name="bench", defaults={"url": "file:///nowhere"})
    begun = time.perf_counter()
    with path.open("rb") as content, atomic():
        stored = store_file(feed, path.name, content)
    delivery = record_delivery(stored.pk)
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    said = {"seconds": seconds, "peak_mb": peak, "created": delivery.created, "message": delivery.message_id}
    print(json.dumps(said))
    return 0


if __name__ == "__main__":
    sys.exit(main())
