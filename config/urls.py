"""Every door of the house. Machine paths answer with and without a trailing slash."""

from django.contrib import admin
from django.urls import path, re_path

from config import health

urlpatterns = [
    re_path(r"^healthz/?$", health.healthz, name="healthz"),
    re_path(r"^readyz/?$", health.readyz, name="readyz"),
    path("admin/", admin.site.urls),
]
