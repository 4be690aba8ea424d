"""The settings of a single machine, and one address more."""

from config.settings.local import *  # noqa: F403 - a settings file is the base and what differs

ROOT_URLCONF = "tests.bench.bare"
