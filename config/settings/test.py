"""The tests: the real database and broker, and nothing slow that no test is about."""

from config.settings.base import *

SECRET_KEY = "only-for-tests-" + "0123456789" * 5

ALLOWED_HOSTS = [*ALLOWED_HOSTS, "testserver"]
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None
# A person's password costs a tenth of a second by design; tests log in often.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Connections are closed with the test that opened them, so that databases can be dropped.
DATABASES["default"]["CONN_MAX_AGE"] = 0

# No collected static files are needed: each is looked up where it lies.
WHITENOISE_AUTOREFRESH = True
