from django.apps import AppConfig


class TransactionsConfig(AppConfig):
    """What Loomis says of the safes: deliveries, the records in them, and what follows from those."""

    name = "transactions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from safes.estate import on_estate_change, on_site_change
        from transactions.estate import follow_estate
        from transactions.reconciliation.pickups.tolerances import judge_again
        from transactions.reconciliation.sites.marks import touch_site

        on_estate_change(follow_estate)
        on_site_change(touch_site)
        on_site_change(judge_again)
