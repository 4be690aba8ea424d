"""Files that people attach to findings: looked at by their bytes, kept once for each finding, never deleted."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from django.conf import settings
from django.db.transaction import atomic
from django.template.defaultfilters import filesizeformat

from safes.file_types import TYPES, FileType, file_type_of
from safes.models import Attachment, Finding, FindingNote

NAME_LENGTH = Attachment._meta.get_field("file_name").max_length or 200
# More than a case needs, and few enough that its page opens at once.
MANY = 100
_NOT_IN_NAMES = re.compile(r'[<>:"|?*]')


def largest() -> int:
    """The largest file that is taken, in bytes."""
    return int(settings.ATTACHMENT_MAX_BYTES)


def too_large() -> str:
    return f"The file is too large: at most {filesizeformat(largest()).replace(chr(160), ' ')} can be attached."


def types_in_words() -> str:
    *most, last = (found.name for found in TYPES)
    return f"{', '.join(most)} and {last}"


@atomic
def attach(finding_id: int, by: str, name: str, content: bytes) -> tuple[Attachment, bool]:
    """Keep a file with a finding, open or closed; and whether it is new: the same bytes again are the same attachment.

    Raises ValueError, with a sentence for staff, for a file that is empty, too large or of another type, and for one
    more than MANY.
    """
    if not content:
        raise ValueError("The file is empty: there is nothing to attach.")
    if len(content) > largest():
        raise ValueError(too_large())
    found = file_type_of(content)
    if found is None:
        raise ValueError(f"Files of this type are not taken. These are, told by what is in them: {types_in_words()}.")
    finding = Finding.objects.select_for_update().get(pk=finding_id)
    digest = hashlib.sha256(content).digest()
    known = finding.attachments.defer("content").filter(sha256=digest).first()
    if known is not None:
        return known, False
    if finding.attachments.count() >= MANY:
        raise ValueError(f"This finding has {MANY} attachments, and takes no more.")
    made = Attachment.objects.create(
        finding=finding,
        file_name=safe_name(name, found),
        content_type=found.media_type,
        size=len(content),
        sha256=digest,
        content=content,
        by=by,
    )
    FindingNote.objects.create(finding=finding, by=by, what="attached", text=made.file_name)
    return made, True


def safe_name(name: str, found: FileType) -> str:
    """A name to download it by: no path, no character that hides or breaks it, and an ending that fits its type."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    # Control characters, and those that turn the direction of writing, by which "exe" is made to look like "pdf".
    seen = "".join(" " if unicodedata.category(one) in ("Cc", "Cf", "Zl", "Zp", "Cs") else one for one in last)
    stem = " ".join(_NOT_IN_NAMES.sub("_", seen).split())
    ending = next((one for one in found.endings if stem.lower().endswith(one)), found.endings[0])
    if stem.lower().endswith(ending):
        stem = stem[: -len(ending)]
    stem = stem.strip(". ") or "attachment"
    return stem[: NAME_LENGTH - len(ending)] + ending
