from django.contrib import admin
from django.urls import path

from safes.second_factor import views

app_name = "second_factor"

# For staff who have logged in, as the pages of the staff site are; never kept by caches.
urlpatterns = [
    path("", admin.site.admin_view(views.verify), name="verify"),
    path("set-up/", admin.site.admin_view(views.enrol), name="enrol"),
]
