"""What people are asked for when they work on findings."""

from __future__ import annotations

from django import forms
from django.contrib.auth.models import User
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget


class CommentForm(forms.Form):
    comment = forms.CharField(
        widget=UnfoldAdminTextareaWidget({"rows": 4, "autofocus": True}),
        max_length=4000,
        error_messages={"required": "Say why: a comment is needed."},
    )


class OwnerForm(forms.Form):
    owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True, is_staff=True).order_by("username"),
        required=False,
        empty_label="nobody",
        widget=UnfoldAdminSelectWidget,
    )
