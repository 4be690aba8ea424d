"""Behind a TLS proxy, with servers of one's own. `manage.py check --deploy` has nothing to say about it."""

from config.log import logging_settings
from config.settings.base import *

SECRET_KEY = env.str("SECRET_KEY")
DEBUG = False
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")

# The header by which the proxy says that a request came by TLS. Name it only if the proxy always sets or strips it.
_PROXY_HEADER = env.str("SECURE_PROXY_SSL_HEADER", default="")
if _PROXY_HEADER:
    SECURE_PROXY_SSL_HEADER = (f"HTTP_{_PROXY_HEADER.upper().replace('-', '_')}", "https")

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=True)
SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=True)
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True

if not env.str("EMAIL_URL", default=""):
    EMAIL_BACKEND = "safes.unarranged_mail.EmailBackend"

STAFF_SECOND_FACTOR = env.str("STAFF_SECOND_FACTOR", default="required")

STORAGES = STORAGES | {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}

LOGGING = logging_settings(
    level=env.str("LOG_LEVEL", default="INFO").upper(), style=env.str("LOG_FORMAT", default="json")
)
