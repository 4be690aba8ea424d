"""Every door of the house. Machine paths answer with and without a trailing slash.

/healthz and /readyz are not here: config.middleware answers them before anything else looks at the request.
"""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("transactions.urls")),
]
