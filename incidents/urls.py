"""What Loomis calls; with and without a trailing slash, since a POST is never redirected."""

from django.urls import path

from incidents import views

urlpatterns = [
    path("api/loomis/incidents/<str:account>", views.updates, name="incident-updates"),
    path("api/loomis/incidents/<str:account>/", views.updates),
]
