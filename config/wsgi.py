"""What the web server calls. The role is set before the settings are read: web requests have deadlines."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("STRONGROOM_ROLE", "web")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

application = get_wsgi_application()
