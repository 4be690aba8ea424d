"""Uploading tables: chosen, looked at row by row, accepted or not; and downloading them in the same form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from import_export.admin import ImportExportModelAdmin
from import_export.formats.base_formats import CSV, XLSX, TablibFormat
from import_export.forms import ConfirmImportForm
from import_export.results import Result
from tablib import Dataset
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from safes.admin.history import HistoryAdmin
from safes.admin.upload_fields import FORMULA
from safes.history import on_occasion

_MOST_BYTES = 5 * 1024 * 1024


class _Harmless(TablibFormat):
    """An export in which no cell is taken for a formula: an apostrophe stands before what could be one."""

    def export_data(self, dataset: Dataset, **kwargs: Any) -> Any:
        for _ in range(len(dataset)):
            dataset.append([harmless(cell) for cell in dataset.lpop()])
        return super().export_data(dataset, **kwargs)


def harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


class HarmlessCSV(_Harmless, CSV):
    def create_dataset(self, in_stream: Any, **kwargs: Any) -> Dataset:
        text = in_stream.decode(self.encoding or "utf-8-sig") if isinstance(in_stream, bytes) else in_stream
        first = text.lstrip("\ufeff").partition("\n")[0]
        # Spreadsheets in half of the world separate by semicolons.
        separator = ";" if first.count(";") > first.count(",") else ","
        return super().create_dataset(text.lstrip("\ufeff"), delimiter=separator)


class HarmlessXLSX(_Harmless, XLSX):
    pass


class UploadForm(ImportForm):
    def clean_import_file(self) -> Any:
        file = self.cleaned_data["import_file"]
        if file.size > _MOST_BYTES:
            raise forms.ValidationError("The file is larger than 5 MB: upload it in parts.")
        return file


class SayYesForm(ConfirmImportForm):
    """What the preview's button sends: the table that was looked at, and whether only its good rows are meant."""

    good_rows = forms.BooleanField(required=False, widget=forms.HiddenInput)


class UploadAdmin(ImportExportModelAdmin, HistoryAdmin):
    """Lists that can be filled from a table. Nothing is changed before somebody has seen what will be, and said yes."""

    # Whether good rows may go in without the bad ones, where rows have nothing to do with each other.
    offers_good_rows = False

    import_form_class = UploadForm
    confirm_form_class = SayYesForm
    export_form_class = ExportForm
    import_template_name = "staff/upload.html"
    formats = [HarmlessCSV, HarmlessXLSX]
    from_encoding = "utf-8-sig"

    def has_import_permission(self, request: HttpRequest) -> bool:
        allowed: bool = self.has_add_permission(request) and self.has_change_permission(request)
        return allowed

    def has_export_permission(self, request: HttpRequest) -> bool:
        allowed: bool = self.has_view_permission(request)
        return allowed

    def process_dataset(self, dataset: Dataset, form: forms.Form, request: HttpRequest, **kwargs: Any) -> Result:
        with on_occasion(f"upload of {form.cleaned_data['original_file_name'][:200]}"):
            # A table that was fine when it was looked at, and is not any more, goes in as a whole or not at all.
            whole = not self._wants_good_rows(request)
            return super().process_dataset(dataset, form, request, rollback_on_validation_errors=whole, **kwargs)

    def _wants_good_rows(self, request: HttpRequest) -> bool:
        return self.offers_good_rows and "good_rows" in request.POST

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().import_action(request, **kwargs)
        context = getattr(response, "context_data", None) or {}
        result = context.get("result")
        if self.offers_good_rows and result is not None and _is_partly_good(result):
            context["good_form"] = self.create_confirm_form(request, import_form=context["form"])
            context["good_form"].initial["good_rows"] = True
        return response

    def add_data_read_fail_error_to_form(self, form: forms.Form, e: Exception) -> None:
        form.add_error(
            "import_file",
            "This file cannot be read as a table of the chosen format. Is it CSV in UTF-8 or XLSX, with as many cells "
            "in each row as in the first?",
        )

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        good_rows = self._wants_good_rows(request) and _is_partly_good(result)
        if good_rows:
            messages.warning(request, f"Left out as it stood: {_many(len(result.invalid_rows), 'row')}.")
        if good_rows or not (result.has_errors() or result.has_validation_errors()):
            response: HttpResponse = super().process_result(result, request)
            return response
        # The preview found nothing wrong, so something was changed since.
        messages.error(request, "Nothing was imported: the estate was changed since the preview. Upload it again.")
        meta = self.model._meta
        return HttpResponseRedirect(reverse(f"admin:{meta.app_label}_{meta.model_name}_import"))

    def get_import_context_data(self, **kwargs: Any) -> dict[str, Any]:
        resource = self.get_import_resource_classes(None)[0]()
        names = [field.column_name for field in resource.get_import_fields()]
        columns = [(name, name in resource.required) for name in names]
        return {**super().get_import_context_data(**kwargs), "columns": columns}


def _is_partly_good(result: Result) -> bool:
    """Whether some rows would be taken, and some not; a table that broke a rule of ours throughout is not offered."""
    return bool(result.valid_rows()) and result.has_validation_errors() and not result.has_errors()


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
