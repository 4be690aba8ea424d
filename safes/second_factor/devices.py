"""A person's device (an authenticator app) and recovery codes: made, shown, replaced, forgotten."""

from __future__ import annotations

import base64
import hashlib
import math
import secrets
import time

import structlog
from django.contrib.auth.models import AbstractBaseUser, User
from django.db.transaction import atomic
from django.utils import timezone
from django_otp import verify_token
from django_otp.models import Device
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex

from safes.history import note

log = structlog.get_logger("strongroom.second_factor")

RECOVERY_CODES = 10
_CODE_BYTES = 10  # 80 bits, so that a plain digest of a code tells nobody the code
_NAME = "recovery codes"


def is_enrolled(user: AbstractBaseUser) -> bool:
    return bool(TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).exists())


def new_secret() -> str:
    """A secret for a device to be, in hexadecimal; nothing is stored until the device has proved that it has it."""
    return str(random_hex(20))


def address_of(user: User, secret: str) -> str:
    """What an authenticator app reads from the QR code."""
    return str(TOTPDevice(user=user, key=secret).config_url)


def for_typing(secret: str) -> str:
    """A secret as people type it into an app: base 32, in fours."""
    return _in_fours(base64.b32encode(bytes.fromhex(secret)).decode())


@atomic
def enrol(user: User, secret: str, entered: str, *, replacing: bool) -> tuple[TOTPDevice, list[str]]:
    """Make the device that shows this code the user's only one; also the recovery codes, which are kept as digests.

    Raises ValueError when the code is wrong, or when there is a device already and it may not be replaced.
    """
    # Its lock keeps a second enrolment, in another window, waiting.
    User.objects.select_for_update().get(pk=user.pk)
    if is_enrolled(user) and not replacing:
        raise ValueError("A device was set up for this account meanwhile. Log in again, with a code from it.")
    entered = _normal(entered)
    shown = TOTP(bytes.fromhex(secret))
    shown.time = time.time()
    if not (entered.isdecimal() and len(entered) == 6 and shown.verify(int(entered), tolerance=1)):
        raise ValueError(
            "That is not the code. Scan the picture again, and enter the six digits that the app shows now. If it "
            "still fails, the phone's clock may be wrong."
        )
    _forget(user)
    device = TOTPDevice.objects.create(user=user, name="authenticator app", key=secret, last_t=shown.t())
    codes = [base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode() for _ in range(RECOVERY_CODES)]
    static = StaticDevice.objects.create(user=user, name=_NAME)
    StaticToken.objects.bulk_create(StaticToken(device=static, token=_digest(code)) for code in codes)
    note(user, "second factor replaced" if replacing else "second factor set up")
    log.info("second_factor_enrolled", user=user.get_username(), again=replacing)
    return device, [_in_fours(code) for code in codes]


def verify(user: User, entered: str) -> Device:
    """The device that a code comes from; a recovery code is used up. Raises ValueError with what is wrong."""
    entered = _normal(entered)
    if entered.isdecimal() and len(entered) == 6:
        device: Device | None = TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).first()
        token = entered
    elif len(entered) == _CODE_BYTES * 8 // 5:
        device = StaticDevice.objects.filter(user_id=user.pk, confirmed=True).first()
        token = _digest(entered)
    else:
        raise ValueError("Enter the six digits that the app shows, or one recovery code of four times four characters.")
    if device is None:
        raise ValueError("No device is set up for this account any more. Log in again.")
    _refuse_if_throttled(device)
    found = verify_token(user, device.persistent_id, token)
    if found is None:
        log.warning("second_factor_wrong", user=user.get_username())
        raise ValueError("That code is wrong, or was used already. Wait for the next one, and enter it.")
    return found


def codes_left(user: User) -> int:
    return int(StaticToken.objects.filter(device__user_id=user.pk).count())


@atomic
def forget(user: User) -> bool:
    """Take a lost device and all recovery codes from an account; its sessions need a new one where that is required.

    False when there was none.
    """
    User.objects.select_for_update().get(pk=user.pk)
    had = is_enrolled(user)
    _forget(user)
    if had:
        note(user, "second factor reset")
        log.warning("second_factor_forgotten", user=user.get_username())
    return had


def _forget(user: User) -> None:
    TOTPDevice.objects.filter(user_id=user.pk).delete()
    StaticDevice.objects.filter(user_id=user.pk).delete()


def _refuse_if_throttled(device: Device) -> None:
    allowed, why = device.verify_is_allowed()
    if not allowed:
        seconds = max(math.ceil((why["locked_until"] - timezone.now()).total_seconds()), 1)
        raise ValueError(f"Too many wrong codes. Wait {seconds} second{'' if seconds == 1 else 's'}, then try again.")


def _digest(code: str) -> str:
    return base64.b32encode(hashlib.sha256(code.encode()).digest()).decode()[:16]


def _normal(entered: str) -> str:
    return "".join(entered.split()).replace("-", "").upper()


def _in_fours(text: str) -> str:
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))
