"""What tables of ATMs and fault codes hold, and the services that take their rows."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from import_export.fields import Field
from import_export.widgets import Widget

from incidents.arranging import keep_atm, keep_fault_code
from incidents.models import Atm, FaultCode, LoomisAccount
from safes.admin.upload_fields import SiteCode, Text, Upper
from safes.admin.upload_resources import UploadResource

_YES, _NO = ("yes", "y", "true", "1", "x"), ("no", "n", "false", "0", "")


class AccountName(Widget):
    """A Loomis account by its name, whatever its case."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> LoomisAccount:
        name = Text().clean(value)
        account = LoomisAccount.objects.filter(name__iexact=name).first() if name else None
        if account is None:
            raise ValueError(
                f"There is no Loomis account “{name[:40]}”: add it first." if name else "Give the name of an account."
            )
        return account

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return value.name if isinstance(value, LoomisAccount) else ""


class YesOrNo(Widget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> bool:
        text = Text().clean(value).lower()
        if text not in (*_YES, *_NO):
            raise ValueError(f"“{text[:20]}” is neither yes nor no.")
        return text in _YES

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "yes" if value else "no"


class AtmResource(UploadResource):
    required = ("number", "account", "site")
    number = Field("number", "number", widget=Upper())
    account = Field("account", "account", widget=AccountName())
    site = Field("site", "site", widget=SiteCode())
    model = Field("model", "model", widget=Text())

    class Meta:
        model = Atm
        fields = ("number", "account", "site", "model")
        import_id_fields = ("number",)
        skip_unchanged = True
        report_skipped = True
        use_transactions = True

    def get_instance(self, instance_loader: Any, row: Any) -> Atm | None:
        number = Upper().clean(row.get("number"))
        return Atm.objects.select_related("account", "site").filter(number=number).first()

    def keep(self, instance: Atm, is_create: bool) -> Atm:
        try:
            return keep_atm(instance)
        except ValueError as error:
            raise ValidationError(str(error)) from None


class FaultCodeResource(UploadResource):
    required = ("account", "code")
    account = Field("account", "account", widget=AccountName())
    code = Field("code", "code", widget=Text())
    description = Field("description", "description", widget=Text())
    amounts_required = Field("amounts_required", "amounts_required", widget=YesOrNo())

    class Meta:
        model = FaultCode
        fields = ("account", "code", "description", "amounts_required")
        import_id_fields = ("account", "code")
        skip_unchanged = True
        report_skipped = True
        use_transactions = True

    def get_instance(self, instance_loader: Any, row: Any) -> FaultCode | None:
        account, code = Text().clean(row.get("account")), Text().clean(row.get("code"))
        return FaultCode.objects.select_related("account").filter(account__name__iexact=account, code=code).first()

    def keep(self, instance: FaultCode, is_create: bool) -> FaultCode:
        return keep_fault_code(instance)
