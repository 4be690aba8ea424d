"""What every environment shares. Values that differ come from the environment; .env.example lists them all."""

import datetime as dt
from typing import Any

import django_stubs_ext
import environ

from config.admin_site import UNFOLD as UNFOLD
from config.api import REST_FRAMEWORK as REST_FRAMEWORK
from config.api import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS
from config.data_dir import CHECKOUT, DataDir
from config.log import logging_settings

# Lets Django's generic classes be written with their parameters, as the type checker wants them.
django_stubs_ext.monkeypatch()

env = environ.Env()
env.read_env(CHECKOUT / ".env")  # what is in the real environment wins

DATA_DIR = DataDir.from_environment()

DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "unfold",  # before the admin, whose templates and site it replaces
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "simple_history",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "config",
    "safes",
    "transactions",
    "incidents",
    "loyalty",
]

MIDDLEWARE = [
    "config.middleware.RequestLogMiddleware",
    "config.content_policy.ContentPolicyMiddleware",
    "config.middleware.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",  # who made a change
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "safes.second_factor.gate.SecondFactorGate",
    "axes.middleware.AxesMiddleware",
]

# Every machine path is routed with and without its slash; a redirected POST would be a lost push. The admin has a
# catch-all of its own for missing slashes.
APPEND_SLASH = False
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [CHECKOUT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- the database -------------------------------------------------------------------------------------------------

# Web requests give up on a database that does not answer, so that Loomis gets its 503 and comes again; migrations,
# workers and commands wait as long as they need. config.wsgi says which of the two this process is.
_ROLE = env.str("STRONGROOM_ROLE", default="command")
_STATEMENT_TIMEOUT_MS = env.int("WEB_STATEMENT_TIMEOUT_MS", default=15_000) if _ROLE == "web" else 0
_LOCK_TIMEOUT_MS = env.int("WEB_LOCK_TIMEOUT_MS", default=10_000) if _ROLE == "web" else 0


def _database() -> dict[str, Any]:
    if env.str("DATABASE_URL", default=""):
        database: dict[str, Any] = env.db("DATABASE_URL")
    else:
        database = {
            "NAME": "strongroom",
            "USER": "strongroom",
            "HOST": str(DATA_DIR.postgres_socket_dir),
        }
    options = dict(database.get("OPTIONS", {}))
    options.setdefault("connect_timeout", 3)
    limits = {"statement_timeout": _STATEMENT_TIMEOUT_MS, "lock_timeout": _LOCK_TIMEOUT_MS}
    if _STATEMENT_TIMEOUT_MS:
        # The server's own limit comes first; this is for a server that keeps none (config.database).
        options["silence_timeout"] = _STATEMENT_TIMEOUT_MS / 1000 + 3
    # Left out when unlimited: poolers such as PgBouncer refuse start-up options they do not know.
    words = [f"-c {name}={value}" for name, value in limits.items() if value]
    if words:
        options["options"] = " ".join([options.get("options", ""), *words]).strip()
    return {
        **database,
        "ENGINE": "config.database",
        "OPTIONS": options,
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=600),
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people -------------------------------------------------------------------------------------------------------

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# The first refuses who must wait, and knows nobody; machine accounts do not come here at all.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"

# Whether staff need a second factor. Optional: who has set one up is asked for it.
STAFF_SECOND_FACTOR = env.str("STAFF_SECOND_FACTOR", default="optional")
OTP_TOTP_ISSUER = "Strongroom"

# How many proxies of ours stand before us, each adding to X-Forwarded-For; the log-in throttle tells people by it.
PROXY_COUNT = env.int("PROXY_COUNT", default=0)
AXES_FAILURE_LIMIT = env.int("LOGIN_FAILURE_LIMIT", default=5)
# One password tried on many accounts: so many accounts that failed at one address, and did not get in since, stop that
# address. An office behind one address has as many people mistyping at once only when its passwords were all changed.
LOGIN_ACCOUNTS_LIMIT = env.int("LOGIN_ACCOUNTS_LIMIT", default=20)
AXES_COOLOFF_TIME = dt.timedelta(minutes=env.int("LOGIN_WAIT_MINUTES", default=15))
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # the wait that was told is the wait
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "safes.sign_in.client_address"
AXES_LOCKOUT_CALLABLE = "safes.sign_in.told_to_wait"
AXES_HANDLER = "safes.sign_in.StaffSiteAlone"
AXES_ONLY_ADMIN_SITE = True
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

# A history is asked for by its row, for which there is an index; nobody asks for the changes of a day.
SIMPLE_HISTORY_DATE_INDEX = False

# --- language, time, files ----------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-us"
USE_I18N = True
# Instants are UTC everywhere; what staff see is the safe's own clock, which is data.
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(CHECKOUT / "staticfiles"))()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    # Raw bodies too large for a row of a table. Several machines need a place that all of them see.
    "bodies": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": env.str("BODIES_DIR", default=str(DATA_DIR.path / "bodies")),
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    # Lists that people asked for as files: written by workers, sent by the web, so both see it.
    "exports": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": env.str("EXPORTS_DIR", default=str(DATA_DIR.path / "exports")),
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
}
STATICFILES_DIRS = [directory for directory in [CHECKOUT / "static"] if directory.is_dir()]

# --- Celery (names as in Celery's own settings, prefixed; see config.celery) --------------------------------------

CELERY_BROKER_URL = env.str("REDIS_URL", default="") or DATA_DIR.broker_url
CELERY_RESULT_BACKEND = None  # results are rows in the database
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "celery"
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
# A task is done when it has been done: a worker that dies hands its message to the next.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker for ever
CELERY_BROKER_CONNECTION_TIMEOUT = 2
# Whoever publishes (a push!) learns within a second or two that the broker is away; a sweep finds what was not queued.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.2}
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # After this a message whose worker was killed is given to another; tasks are short and safe to run twice.
    "visibility_timeout": env.int("TASK_VISIBILITY_SECONDS", default=900),
    "socket_connect_timeout": 2,
    "socket_timeout": 3 if _ROLE == "web" else 30,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.2,
    "interval_max": 0.2,
}

# --- ours ---------------------------------------------------------------------------------------------------------

# Where the outside reaches this system: what the address of a push endpoint begins with.
PUBLIC_URL = env.str("PUBLIC_URL", default=f"http://127.0.0.1:{env.int('PORT', default=8000)}").rstrip("/")
# The largest push body taken, in bytes after decompression; more is answered 413 without being read to its end.
PUSH_MAX_BODY_BYTES = env.int("PUSH_MAX_BODY_BYTES", default=10_485_760)
# The largest file a feed may bring, in bytes as it lies there.
FEED_MAX_FILE_BYTES = env.int("FEED_MAX_FILE_BYTES", default=2 << 30)
# The largest file that may be attached to a finding, in bytes; they are kept in the database.
ATTACHMENT_MAX_BYTES = env.int("ATTACHMENT_MAX_BYTES", default=10_485_760)
# Who signs the certificates of FTPS servers, where it is nobody whom the system trusts (a file in PEM).
REMOTE_CA_FILE = env.str("REMOTE_CA_FILE", default="")
# How long after the midnight with which a business date begins, by the site's clock, the channels may still differ:
# until noon of the second day after it.
COMPLETENESS_GRACE = dt.timedelta(hours=env.float("COMPLETENESS_GRACE_HOURS", default=60))
# How long after the next day's rollover, by the site's clock, a close of the day may still come.
CLOSE_GRACE = dt.timedelta(hours=env.float("CLOSE_GRACE_HOURS", default=6))
# How long after its business date a change order that nobody saw delivered is overdue.
CHANGE_ORDER_DAYS = dt.timedelta(days=env.int("CHANGE_ORDER_DAYS", default=7))
# How long before or after a courier or a load, by the safe's clock, its doors may be opened for that.
DOOR_OPEN = dt.timedelta(minutes=env.int("DOOR_OPEN_MINUTES", default=30))
# How long after its usual time a feed's file may come before somebody is told.
SILENT_FEED_AFTER = dt.timedelta(hours=env.float("SILENT_FEED_HOURS", default=6))
# How long Loomis may take with a dispatch: to be reached, and to answer; seconds each.
INCIDENT_TIMEOUT_SECONDS = env.float("INCIDENT_TIMEOUT_SECONDS", default=10.0)
# What a dispatch that did not get through waits at first before it is tried again, seconds; twice as long each time.
INCIDENT_RETRY_BASE_SECONDS = env.float("INCIDENT_RETRY_BASE_SECONDS", default=5.0)
# Where phones without a country's number come from, as ISO 3166 writes countries.
PHONE_DEFAULT_REGION = env.str("PHONE_DEFAULT_REGION", default="US").upper()
# How card numbers and contact codes are written: regular expressions that the whole of one matches.
LOYALTY_CARD_NUMBER_PATTERN = env.str("LOYALTY_CARD_NUMBER_PATTERN", default=r"[0-9]{8,19}")
LOYALTY_CONTACT_CODE_PATTERN = env.str("LOYALTY_CONTACT_CODE_PATTERN", default=r"C[0-9]{6,12}")
# What has to be known of a contact before the card is active: of name, mobile_number, email, birth_date.
LOYALTY_REQUIRED_CONTACT_FIELDS: list[str] = env.list(
    "LOYALTY_REQUIRED_CONTACT_FIELDS", default=["name", "mobile_number", "birth_date"]
)
# By which clock bonuses begin and expire.
LOYALTY_TIME_ZONE = env.str("LOYALTY_TIME_ZONE", default="UTC")
# How often an account may look up what is not there, and how often the same again; what is there may be asked for
# without limit. As number/period: sec, min or hour.
LOYALTY_MISS_LIMIT = env.str("LOYALTY_MISS_LIMIT", default="300/min")
LOYALTY_SAME_MISS_LIMIT = env.str("LOYALTY_SAME_MISS_LIMIT", default="60/min")
# So many misses of one account within an hour are told as probing.
LOYALTY_PROBING_MISSES = env.int("LOYALTY_PROBING_MISSES", default=600)
# Whether all calls of the card service are logged, with what was answered; errors always are.
LOYALTY_LOG_CALLS = env.bool("LOYALTY_LOG_CALLS", default=False)
# How long the log of calls is kept.
LOYALTY_CALLS_KEPT = dt.timedelta(days=env.int("LOYALTY_CALL_DAYS", default=30))
# How long bonuses are held for a purchase that nobody confirms.
LOYALTY_HOLD_FOR = dt.timedelta(hours=env.float("LOYALTY_HOLD_HOURS", default=72))
# Which mail server tells people of incidents; written to the log when empty (docs/operations.md, "E-mail").
vars().update(env.email_url_config(env.str("EMAIL_URL", default="") or "consolemail://"))
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="strongroom@localhost")
# How long a list that somebody asked for as a file is kept.
EXPORTS_KEPT = dt.timedelta(days=env.int("EXPORT_DAYS", default=7))
# What certificates of completeness are signed with; the secret key when empty (transactions.completeness.certificate).
CERTIFICATE_KEY = env.str("CERTIFICATE_KEY", default="")
# Seconds after which a check of /readyz counts as failed.
READY_CHECK_SECONDS = env.float("READY_CHECK_SECONDS", default=3.0)
# Where errors are reported besides the log; nowhere when empty (config.sentry).
SENTRY_DSN = env.str("SENTRY_DSN", default="")

LOGGING_CONFIG = "config.log.configure"
LOGGING = logging_settings(
    level=env.str("LOG_LEVEL", default="INFO").upper(), style=env.str("LOG_FORMAT", default="console")
)
