"""What the web server calls. The role is set before the settings are read: web requests have deadlines."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("STRONGROOM_ROLE", "web")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

application = get_wsgi_application()

from config.metrics import keep_carrying  # noqa: E402 - needs the models, which are there by now

keep_carrying()

# What is loaded by now stays: the garbage collector need not walk through all of it whenever a push makes thousands of
# objects. Measured: a fifth of the time to read one.
gc.collect()
gc.freeze()
