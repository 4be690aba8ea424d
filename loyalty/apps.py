from django.apps import AppConfig
from django.core.checks import register


class LoyaltyConfig(AppConfig):
    """Loyalty cards: who has them, what tills may do with them, and the bonuses on them."""

    name = "loyalty"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from loyalty.checks import card_service

        register(card_service)
