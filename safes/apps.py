from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate


class SafesConfig(AppConfig):
    """The estate: sites, safes, registers, findings and machine keys. Imports no other app."""

    name = "safes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from safes.checks import second_factor
        from safes.roles import keep_roles

        # After django.contrib.auth's own receiver, which makes the permissions: its app stands before this one.
        post_migrate.connect(keep_roles, dispatch_uid="safes.roles")
        register(second_factor, Tags.security)
