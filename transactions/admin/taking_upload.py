"""What a table of takings holds, and how its rows are taken."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from import_export.fields import Field
from tablib import Dataset

from safes.admin.upload_fields import Text
from safes.admin.upload_resources import UploadResource
from transactions.models import Taking
from transactions.reconciliation.takings.book import Teller
from transactions.reconciliation.takings.keeping import Keeping
from transactions.reconciliation.takings.reading import NEEDED, read

_COLUMNS = ("site", "business_date", "register", "cashier", "amount", "reference")
_SHOWN = Text()


def _column(name: str) -> Field:
    # What a table says is put beside the model's own fields: a site and a register are codes there.
    return Field(f"said_{name}", name, widget=_SHOWN)


class TakingResource(UploadResource):
    required = NEEDED
    site = _column("site")
    business_date = _column("business_date")
    register = _column("register")
    cashier = _column("cashier")
    amount = _column("amount")
    reference = _column("reference")

    class Meta:
        model = Taking
        fields = _COLUMNS
        import_id_fields = ()
        skip_unchanged = True
        report_skipped = True
        use_transactions = True

    def import_data_inner(self, dataset: Dataset, dry_run: bool, *args: Any, **kwargs: Any) -> Any:
        self._is_preview = dry_run
        return super().import_data_inner(dataset, dry_run, *args, **kwargs)

    def before_import(self, dataset: Dataset, **kwargs: Any) -> None:
        teller = Teller(Taking.Source.UPLOAD, user_id=kwargs["user"].pk)
        self._keeping = Keeping([], teller, stores=False)
        super().before_import(dataset, **kwargs)
        said = [said for said, _ in (read(_plain(row)) for row in dataset.dict) if said]
        # All locks at once, since row by row two uploads could lock each other out.
        self._keeping = Keeping(said, teller, stores=not self._is_preview)

    def after_import(self, dataset: Dataset, result: Any, **kwargs: Any) -> None:
        super().after_import(dataset, result, **kwargs)
        self._keeping.done()

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        row.update(_plain(row))

    def get_instance(self, instance_loader: Any, row: Any) -> Taking | None:
        said, _ = read(dict(row))
        return self._keeping.known(said) if said else None

    def after_init_instance(self, instance: Any, new: bool, row: Any, **kwargs: Any) -> None:
        tell_columns(instance)

    def import_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        said, errors = read(dict(row))
        if said is not None:
            errors = self._keeping.mistakes(said)
        if said is None or errors:
            raise ValidationError(errors)
        site = instance.said_site
        for name in _COLUMNS:
            setattr(instance, f"said_{name}", getattr(said, name))
        if site and site.upper() == said.site.upper():
            instance.said_site = site
        instance.said = said

    def skip_row(self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        if instance.withdrawn_at is not None:
            return False  # said again, it is in force again
        skipped: bool = super().skip_row(instance, original, row, import_validation_errors)
        return skipped

    def keep(self, instance: Any, is_create: bool) -> Taking:
        taking, _ = self._keeping.keep(instance.said)
        return taking

    def export_resource(self, instance: Any, selected_fields: Any = None, **kwargs: Any) -> Any:
        tell_columns(instance)
        return super().export_resource(instance, selected_fields, **kwargs)


def tell_columns(taking: Any) -> None:
    """Give a taking what the columns of a table show of it."""
    stored = taking.pk is not None
    taking.said_site = taking.register.site.code if stored else ""
    taking.said_register = taking.register.code if stored else ""
    taking.said_business_date = taking.business_date
    taking.said_cashier = taking.cashier
    taking.said_amount = taking.amount
    taking.said_reference = taking.reference or ""


def _plain(row: Any) -> dict[str, Any]:
    """Cells as what they say. Numbers and dates stay what a spreadsheet holds them as; codes are texts."""
    exact = ("amount", "business_date")
    return {
        name: value if name in exact and not isinstance(value, str) else _SHOWN.clean(value)
        for name, value in row.items()
    }
