#!/usr/bin/env python3
"""Django's command line, on the same data directory as `make run`."""

import os
import sys

import environ
from django.core.management import execute_from_command_line

from config.data_dir import CHECKOUT

if __name__ == "__main__":
    # Before the settings do, since it may say which they are.
    environ.Env.read_env(CHECKOUT / ".env")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    execute_from_command_line(sys.argv)
