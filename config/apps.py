import atexit

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Wiring that needs Django to be set up."""

    name = "config"

    def ready(self) -> None:
        # Makes our Celery application the current one, so that a task published by a web request finds its broker.
        from django.conf import settings

        from config import celery, sentry  # noqa: F401
        from config.metrics import carry

        # Commands count too (a replay, say) and are over before any thread would come round.
        atexit.register(carry)
        sentry.start(settings.SENTRY_DSN)
