"""What tables of sites, safes and registers hold, and the services that take their rows."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model
from import_export.fields import Field
from import_export.resources import ModelResource
from tablib import Dataset

from safes.admin.upload_fields import Amount, Clock, Day, SiteCode, Text, Upper
from safes.estate import add_site, normal_serial, place_safe, save_site
from safes.models import Placement, Register, Safe, Site
from safes.registers import keep_register

MOST_ROWS = 10_000


class UploadResource(ModelResource):
    """Rows that a service takes one by one, all in one transaction: the preview is the import, undone."""

    required: tuple[str, ...] = ()

    def before_import(self, dataset: Dataset, **kwargs: Any) -> None:
        """Headings in any case, with spaces or underscores. Raises ValueError, with a sentence, for others."""
        try:
            dataset.headers = self._headings(dataset)
        except ValueError:
            dataset.wipe()  # else its rows would be tried all the same, each with a complaint of its own
            raise

    def _headings(self, dataset: Dataset) -> list[str]:
        known = [field.column_name for field in self.get_import_fields()]
        headings = [str(name or "").strip().lower().replace(" ", "_") for name in dataset.headers or ()]
        strange = [name for name in headings if name not in known]
        missing = [name for name in self.required if name not in headings]
        if strange:
            raise ValueError(f"There is no column “{strange[0][:40]}”. The columns are {', '.join(known)}.")
        if missing:
            raise ValueError(f"The column {missing[0]} is missing. The columns are {', '.join(known)}.")
        if len(set(headings)) < len(headings):
            raise ValueError("A column stands there twice.")
        if len(dataset) > MOST_ROWS:
            raise ValueError(f"The table has {len(dataset)} rows; {MOST_ROWS} are taken at once.")
        return headings

    def validate_instance(
        self, instance: Model, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        # The service looks at the row; what cannot even be read never gets there.
        if import_validation_errors:
            raise ValidationError(import_validation_errors)

    def do_instance_save(self, instance: Any, is_create: bool) -> None:
        kept = self.keep(instance, is_create)
        instance.pk = kept.pk

    def keep(self, instance: Any, is_create: bool) -> Model:
        raise NotImplementedError


class SiteResource(UploadResource):
    required = ("code", "name", "time_zone")
    code = Field("code", "code", widget=Text())
    name = Field("name", "name", widget=Text())
    time_zone = Field("time_zone", "time_zone", widget=Text())
    day_rollover = Field("day_rollover", "day_rollover", widget=Clock())
    currency = Field("currency", "currency", widget=Upper(), default="USD")
    tolerance = Field("tolerance", "tolerance", widget=Amount())

    class Meta:
        model = Site
        fields = ("code", "name", "time_zone", "day_rollover", "currency", "tolerance")
        import_id_fields = ("code",)
        skip_unchanged = True
        report_skipped = True
        use_transactions = True

    def get_instance(self, instance_loader: Any, row: Any) -> Site | None:
        return Site.objects.filter(code__iexact=Text().clean(row.get("code"))).first()

    def import_instance(self, instance: Site, row: Any, **kwargs: Any) -> None:
        code = instance.code
        super().import_instance(instance, row, **kwargs)
        # The code of a site that is there stays as it is written there.
        instance.code = code or instance.code

    def keep(self, instance: Site, is_create: bool) -> Site:
        if not is_create:
            return save_site(instance)
        return add_site(
            instance.code,
            name=instance.name,
            time_zone=instance.time_zone,
            day_rollover=instance.day_rollover,
            currency=instance.currency or "USD",
            tolerance=instance.tolerance,
        )


class SafeResource(UploadResource):
    """A safe and where it stands. Without a date it is placed from the beginning, if it stood nowhere before."""

    required = ("serial_number", "site")
    serial_number = Field("serial_number", "serial_number", widget=Upper())
    model = Field("model", "model", widget=Text())
    site = Field("stands_at", "site", widget=SiteCode())
    since = Field("stands_since", "from", widget=Day())

    class Meta:
        model = Safe
        fields = ("serial_number", "model", "site", "since")
        import_id_fields = ("serial_number",)
        skip_unchanged = True
        report_skipped = True
        use_transactions = True

    def get_instance(self, instance_loader: Any, row: Any) -> Safe | None:
        return Safe.objects.filter(serial_number=normal_serial(Text().clean(row.get("serial_number")))).first()

    def after_init_instance(self, instance: Any, new: bool, row: Any, **kwargs: Any) -> None:
        tell_standing(instance)

    def import_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        stood_at, stood_since = instance.stands_at, instance.stands_since
        # A date that the table does not give is no date, whether its cell is empty or its column missing.
        instance.stands_since = None
        super().import_instance(instance, row, **kwargs)
        if instance.stands_since is None and stood_at == instance.stands_at:
            instance.stands_since = stood_since
        elif instance.stands_since is None and stood_at is not None:
            said = f"It stands at {stood_at.code} already; say from which date it moves."
            raise ValidationError({"stands_since": said})

    def keep(self, instance: Any, is_create: bool) -> Safe:
        return place_safe(instance.serial_number, instance.stands_at, instance.stands_since, model=instance.model)

    def export_resource(self, instance: Any, selected_fields: Any = None, **kwargs: Any) -> Any:
        tell_standing(instance)
        return super().export_resource(instance, selected_fields, **kwargs)


def tell_standing(safe: Any) -> None:
    """Give a safe its latest placement, as the columns of a table show it."""
    placements = Placement.objects.filter(safe=safe.pk).select_related("site").order_by("-starts_on")
    latest = placements.first() if safe.pk else None
    safe.stands_at = latest.site if latest else None
    safe.stands_since = latest.starts_on if latest else None


class RegisterResource(UploadResource):
    required = ("site", "code")
    site = Field("site", "site", widget=SiteCode())
    code = Field("code", "code", widget=Text())
    name = Field("name", "name", widget=Text())

    class Meta:
        model = Register
        fields = ("site", "code", "name")
        import_id_fields = ("site", "code")
        skip_unchanged = True
        report_skipped = True
        use_transactions = True

    def get_instance(self, instance_loader: Any, row: Any) -> Register | None:
        site, code = Text().clean(row.get("site")), Text().clean(row.get("code"))
        return Register.objects.select_related("site").filter(site__code__iexact=site, code=code).first()

    def keep(self, instance: Register, is_create: bool) -> Register:
        return keep_register(instance.site, instance.code, instance.name)
