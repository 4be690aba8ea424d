from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    """What is reported to Loomis, how it gets there, and what Loomis says to it."""

    name = "incidents"
    default_auto_field = "django.db.models.BigAutoField"
