"""Staff are Django's users. What was changed of them is kept with ours: names, standing, roles; never a password."""

from __future__ import annotations

from django.contrib.auth.models import User
from simple_history import register

from safes.history import PeopleHistory

register(
    User,
    app="safes",
    records_class=PeopleHistory,
    excluded_fields=["password", "last_login"],
    m2m_fields=["groups", "user_permissions"],
)
