"""Sites."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import display

from safes.admin.bases import link, money
from safes.admin.upload_resources import SiteResource
from safes.admin.uploads import UploadAdmin
from safes.estate import save_site
from safes.models import Placement, Site


@admin.register(Site)
class SiteAdmin(UploadAdmin):
    resource_classes = [SiteResource]
    list_display = ("code", "name", "time_zone", "rollover", "currency", "accepted_difference", "safes_here")
    list_filter = ("currency",)
    search_fields = ("code", "name")
    search_help_text = "Code or name"
    when_empty = "Add the places of business one by one, or upload a table of them; then their safes."
    fieldsets = (
        (None, {"fields": (("code", "name"),)}),
        (
            "What its safes' transactions mean",
            {
                "fields": (("time_zone", "day_rollover"), ("currency", "tolerance")),
                "description": "A change gives the stored transactions of its safes their instants, currencies and "
                "business dates anew: at once, or within minutes where there are many.",
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Site]:
        sites: QuerySet[Site] = super().get_queryset(request)
        return sites.annotate(safe_count=Coalesce(Subquery(_standing_there()), 0))

    def get_readonly_fields(self, request: HttpRequest, obj: Site | None = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Site | None = None) -> bool:
        """A site where a safe stands, or stood, gives its transactions their meaning."""
        return super().has_delete_permission(request, obj) and (obj is None or not obj.placements.exists())

    def save_model(self, request: HttpRequest, obj: Site, form: forms.ModelForm[Site], change: bool) -> None:
        save_site(obj)

    @display(description="day begins", ordering="day_rollover")
    def rollover(self, site: Site) -> str:
        minutes = int(site.day_rollover.total_seconds() // 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"

    @display(description="tolerance", ordering="tolerance")
    def accepted_difference(self, site: Site) -> str:
        return money(site.tolerance, site.currency)

    @display(description="safes here now")
    def safes_here(self, site: Site) -> Any:
        count = getattr(site, "safe_count", 0)
        return link(f"{reverse('admin:safes_safe_changelist')}?site={site.code}", count) if count else 0


def _standing_there() -> QuerySet[Placement, Any]:
    """How many safes stand at the outer site today."""
    today = timezone.now().date()
    moved_on = Placement.objects.filter(
        safe=OuterRef("safe"), starts_on__gt=OuterRef("starts_on"), starts_on__lte=today
    )
    here = Placement.objects.filter(~Exists(moved_on), site=OuterRef("pk"), starts_on__lte=today)
    return here.order_by().values("site").annotate(count=Count("pk")).values("count")
