"""Users and groups, in the staff site's own dress, and a way back for who has lost their device."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as PlainGroupAdmin
from django.contrib.auth.admin import UserAdmin as PlainUserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.decorators import action
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from safes.admin.bases import StaffAdmin
from safes.admin.history import HistoryAdmin
from safes.second_factor.devices import forget

# The devices' own rooms would show their secrets.
for model in (User, Group, TOTPDevice, StaticDevice):
    admin.site.unregister(model)


@admin.register(User)
class UserAdmin(PlainUserAdmin, HistoryAdmin):  # type: ignore[type-arg]
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "email", "is_active", "is_superuser", "last_login")
    actions_detail = ("reset_second_factor",)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """What somebody did stays told under their name; who has left is made inactive."""
        return False

    @action(
        description="Reset second factor", url_path="reset-second-factor", permissions=["act"], icon="phonelink_erase"
    )
    def reset_second_factor(self, request: HttpRequest, object_id: str) -> HttpResponse:
        user: User = self.row(request, object_id)
        if user.is_superuser and not request.user.is_superuser:
            raise PermissionDenied("Only a superuser resets the second factor of a superuser.")
        if request.method != "POST":
            return self.act_page(
                request,
                user,
                forms.Form(),
                title=f"Reset the second factor of {user}",
                explanation="Their device and recovery codes stop working at once. Make sure that it is them who asks: "
                "until they set up a new device, their password alone opens the account.",
                button="Reset",
            )
        if forget(user):
            return self.acted(request, user, "Second factor reset: the device and recovery codes work no longer.")
        return self.acted(request, user, "There was no device to reset.", messages.WARNING)


@admin.register(Group)
class GroupAdmin(PlainGroupAdmin, StaffAdmin):
    pass
