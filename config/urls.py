"""Every door of the house. Machine paths answer with and without a trailing slash.

/healthz and /readyz are not here: config.middleware answers them before anything else looks at the request.
"""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView


handler403 = "config.refusals.forbidden"

urlpatterns = [
    # The ready line prints this address; it is for people.
    path("", RedirectView.as_view(pattern_name="admin:index", http_method_names=["get", "head"]), name="home"),
    path("admin/second-factor/", include("safes.second_factor.urls")),
    path("admin/", admin.site.urls),
    path("", include("transactions.urls")),
]
