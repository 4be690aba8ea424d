"""Every door of the house. Machine paths answer with and without a trailing slash.

/healthz and /readyz are not here: config.middleware answers them before anything else looks at the request.
"""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView, TemplateView

from safes.api.reading import Nowhere
from safes.api.schema import SchemaView

handler400 = "config.faults.bad_request"
handler403 = "config.refusals.forbidden"
handler404 = "safes.api.problems.not_found"
handler500 = "config.faults.server_error"

urlpatterns = [
    # The ready line prints this address; it is for people.
    path("", RedirectView.as_view(pattern_name="admin:index", http_method_names=["get", "head"]), name="home"),
    path("admin/second-factor/", include("safes.second_factor.urls")),
    path("admin/", admin.site.urls),
    path("", include("transactions.urls")),
    path("", include("incidents.urls")),
    path("", include("loyalty.urls")),
    path("api/v1/", include("safes.api.urls")),
    path("api/v1/", include("transactions.api.urls")),
    path("api/v1/", include("incidents.api.urls")),
    path("api/v1/", include("loyalty.api.urls")),
    re_path(r"^api/v1(?:/(?P<rest>.*))?$", Nowhere.as_view()),  # after all that is there
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path("api/schema", SchemaView.as_view()),
    path("api/docs/", TemplateView.as_view(template_name="api/docs.html"), name="docs"),
    path("api/docs", TemplateView.as_view(template_name="api/docs.html")),
]
