from django.urls import path

from transactions import views

# Each with and without its trailing slash: a redirected POST would be a lost push.
urlpatterns = [
    path("api/loomis/transactions/<str:endpoint>", views.push, name="push"),
    path("api/loomis/transactions/<str:endpoint>/", views.push),
]
