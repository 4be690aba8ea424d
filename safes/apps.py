from django.apps import AppConfig


class SafesConfig(AppConfig):
    """The estate: sites, safes, registers, findings and machine keys. Imports no other app."""

    name = "safes"
    default_auto_field = "django.db.models.BigAutoField"
