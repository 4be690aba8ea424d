"""What must be true before the processes start: migrations, static files, somebody who can log in."""

import os
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand

from config import broker
from safes.history import on_occasion
from safes.keys import random_text


class Command(BaseCommand):
    help = "Brings the database up to date and makes an administrator when there is none. May be run again."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        if not getattr(settings, "WHITENOISE_USE_FINDERS", False):
            call_command("collectstatic", interactive=False, verbosity=0)
        if not os.environ.get("REDIS_URL"):
            # The broker is ours alone, and nothing of ours runs yet: who signed there is dead.
            broker.forget_all_workers()
        self._make_administrator()

    def _make_administrator(self) -> None:
        users = get_user_model()._default_manager
        if users.filter(is_superuser=True).exists():
            return
        password = random_text(bits=120)
        with on_occasion("command prepare_system"):
            users.create_superuser("admin", password=password)
        self.stdout.write(
            f"An administrator was made. User name: admin  Password: {password}\n"
            "It is shown this once; `manage.py changepassword admin` sets another."
        )
