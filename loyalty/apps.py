from django.apps import AppConfig


class LoyaltyConfig(AppConfig):
    """Loyalty cards: who has them, what tills may do with them, and the bonuses on them."""

    name = "loyalty"
    default_auto_field = "django.db.models.BigAutoField"
