"""`make run`, `make demo` and every command in a checkout: safe on one machine, without anything to set up."""

from config.settings.base import *

SECRET_KEY = env.str("SECRET_KEY", default="") or DATA_DIR.secret_key()

# Static files straight from the apps: nothing to collect before the first start.
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None
