"""What operators watch of the card service: what is asked, what came of it, and who was throttled."""

from __future__ import annotations

from safes.counters import Counter

CALLS = Counter("strongroom_card_calls_total", "Calls of the card service by method and key.", ("method", "key"))
MISSES = Counter(
    "strongroom_card_misses_total", "Look-ups of what is not there, refused ones included, by account.", ("account",)
)
THROTTLED = Counter(
    "strongroom_card_throttled_total", "Misses that were answered 429, since there were too many.", ("account",)
)
