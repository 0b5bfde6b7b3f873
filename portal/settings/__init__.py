"""All settings. They come from the environment only; every name stands in .env.example and docs/operations.md."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from portal.settings.environment import Environment, prepare_for_tests
from portal.settings.places import (
    broker_socket,
    database_from_url,
    private_storage,
    sqlite_database,
    storage_in_bucket,
    writable_folder,
)
from portal.settings.production import NEEDED, refuse_unsafe
from portal.settings.secret import kept_secret

BASE_DIR = Path(__file__).resolve().parents[2]
ENV = Environment.from_process()

# --- What kind of set-up this is ------------------------------------------------------------------------------------
MODE = ENV.choice("PORTAL_MODE", default="embedded", among=("embedded", "production", "test"))
DEBUG = ENV.flag("PORTAL_DEBUG", default=False)
VAR_DIR = writable_folder(Path(ENV.text("PORTAL_VAR_DIR", str(BASE_DIR / "var"))))
BASE_URL = ENV.base_url("PORTAL_BASE_URL", default="http://localhost:8000")
IS_HTTPS = BASE_URL.startswith("https://")
SECRET_KEY = ENV.text("PORTAL_SECRET_KEY") or (kept_secret(VAR_DIR / "secret_key") if MODE != "production" else "")
ALLOWED_HOSTS = ENV.words("PORTAL_ALLOWED_HOSTS", f"{urlsplit(BASE_URL).hostname},localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = [BASE_URL]
WEB_NODES = ENV.number("PORTAL_WEB_NODES", default=1, at_least=1)

# --- Database, cache, broker ----------------------------------------------------------------------------------------
DATABASE_URL = ENV.text("PORTAL_DATABASE_URL")
# Threads of a web process share connections; a Celery worker forks, and must not inherit a pool: give it 0.
DATABASE_POOL = ENV.number("PORTAL_DATABASE_POOL", default=8)
# bin/start says false and writes checkpoints itself, from one process: see docs/operations.md.
SQLITE_CHECKPOINTS = ENV.flag("PORTAL_SQLITE_CHECKPOINTS", default=True)
DATABASES = {
    "default": database_from_url(DATABASE_URL, pool=DATABASE_POOL, checkpoints=SQLITE_CHECKPOINTS)
    if DATABASE_URL
    else sqlite_database(VAR_DIR / "portal.sqlite3", checkpoints=SQLITE_CHECKPOINTS)
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
BROKER_SOCKET = broker_socket(VAR_DIR)
BROKER_URL = ENV.text("PORTAL_BROKER_URL", f"redis+socket://{BROKER_SOCKET}")
CACHE_URL = ENV.text("PORTAL_CACHE_URL", f"unix://{BROKER_SOCKET}?db=1")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": CACHE_URL,
        "KEY_PREFIX": "portal",
    }
}
if MODE == "test":
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    prepare_for_tests(DATABASES["default"])

# --- Applications ---------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "portal.home",
    "portal.demo",
    "courses",
    "teleconsults",
    "cpd",
    "foundation.video",
    "foundation.notifications",
    "foundation.accounts",
    "foundation.jobs",
    "foundation.kernel",
    "wagtail.sites",
    "foundation.accounts.apps.PortalUsersConfig",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail.contrib.redirects",
    "wagtail.contrib.typed_table_block",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "foundation.kernel.compression.TextCompressionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "foundation.kernel.middleware.SecurityHeadersMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "foundation.kernel.middleware.ComposedTextMiddleware",
    "foundation.kernel.middleware.AwayMiddleware",
    "foundation.video.middleware.WatcherMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "foundation.accounts.middleware.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "foundation.kernel.context.frame",
            ],
            "builtins": ["foundation.kernel.templatetags.portal"],
        },
    }
]

# --- Languages and time ---------------------------------------------------------------------------------------------
LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", _("Vietnamese")), ("en", _("English"))]
# `borrowed` says in Vietnamese what the packages say in English only (`tests/house/test_borrowed_texts.py`).
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale" / "borrowed"]
FORMAT_MODULE_PATH = ["portal.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
WAGTAIL_I18N_ENABLED = False

# --- People and signing in ------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home:dashboard"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "foundation.accounts.signing_in.AccountAdapter"
ACCOUNT_SIGNUP_FORM_CLASS = "foundation.accounts.signup_form.SignupForm"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Liên Tuyến: "
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 3
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if IS_HTTPS else "http"
# A whole hospital may share one address: generous by address, strict by account.
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "20/m/ip,5/5m/key",
    "signup": "20/m/ip",
    "reset_password": "20/m/ip,3/10m/key",
    "reset_password_from_key": "20/m/ip",
    "confirm_email": "1/1m/key",
    "reauthenticate": "10/m/user",
}
MFA_ADAPTER = "foundation.accounts.signing_in.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Liên Tuyến"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_HTTPS
# Staff roles may not act before they have a second factor. Off in the embedded default, where people try the demo.
REQUIRE_MFA = ENV.flag("PORTAL_REQUIRE_MFA", default=MODE == "production")
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30

# --- Files ----------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(ENV.text("PORTAL_STATIC_DIR", str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR_DIR / "media"
QUARANTINE_DIR = VAR_DIR / "quarantine"
# Uploads on their way; a disk also where quarantine is a bucket.
INCOMING_DIR = QUARANTINE_DIR / "incoming"
CLEAN_DIR = VAR_DIR / "clean"
_FILES = "django.core.files.storage.FileSystemStorage"
STORAGES: dict[str, dict[str, object]] = {
    "default": {"BACKEND": _FILES},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if MODE == "test" or DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
S3_BUCKET = ENV.text("PORTAL_S3_BUCKET")
S3_QUARANTINE_BUCKET = ENV.text("PORTAL_S3_QUARANTINE_BUCKET")
S3_CLEAN_BUCKET = ENV.text("PORTAL_S3_CLEAN_BUCKET")
S3_ENDPOINT = ENV.base_url("PORTAL_S3_ENDPOINT", default="https://s3.amazonaws.com")
S3_REGION = ENV.text("PORTAL_S3_REGION")
S3_SERVICE = {
    "endpoint": S3_ENDPOINT,
    "region": S3_REGION,
    "access_key": ENV.text("PORTAL_S3_ACCESS_KEY"),
    "secret_key": ENV.text("PORTAL_S3_SECRET_KEY"),
}
# Pictures and films in a bucket come from its own address, which the content policy must know.
FILE_ORIGINS = [S3_ENDPOINT] if S3_BUCKET or S3_CLEAN_BUCKET else []
FILM_ORIGINS = [S3_ENDPOINT] if S3_CLEAN_BUCKET else []
if S3_BUCKET:
    STORAGES["default"] = storage_in_bucket(S3_BUCKET, **S3_SERVICE)
# ffmpeg reads and writes files of a disk: what comes from a bucket, or goes there, lies in this folder meanwhile.
WORK_DIR = VAR_DIR / "work"
for _alias, _folder, _bucket in (
    ("quarantine", QUARANTINE_DIR, S3_QUARANTINE_BUCKET),
    ("clean", CLEAN_DIR, S3_CLEAN_BUCKET),
):
    STORAGES[_alias] = private_storage(_folder, bucket=_bucket, work_dir=WORK_DIR / _alias, **S3_SERVICE)
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# True when nginx sends the bytes of renditions after our view said yes (internal location /protected/).
X_ACCEL = ENV.flag("PORTAL_X_ACCEL", default=False)
UPLOAD_MAX_BYTES = ENV.number("PORTAL_UPLOAD_MAX_MB", default=4096, at_least=1) * 1024 * 1024
# What one person may have on its way or waiting to be encoded, and how long an upload waits to be gone on with.
UPLOAD_QUOTA_BYTES = ENV.number("PORTAL_UPLOAD_QUOTA_MB", default=20480, at_least=1) * 1024 * 1024
UPLOAD_KEPT_FOR = timedelta(days=ENV.number("PORTAL_UPLOAD_KEPT_DAYS", default=7, at_least=1))
# How long the file in quarantine stays once its recording is public: so long the film can be made anew.
ORIGINALS_KEPT_FOR = timedelta(days=ENV.number("PORTAL_ORIGINALS_KEPT_DAYS", default=90, at_least=1))

# --- Mail -----------------------------------------------------------------------------------------------------------
DEFAULT_FROM_EMAIL = ENV.text("PORTAL_MAIL_FROM", "Liên Tuyến <khong-tra-loi@lientuyen.example>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
MAIL_HOST = ENV.text("PORTAL_MAIL_HOST")
MAIL_SERVER = {
    "host": MAIL_HOST,
    "port": ENV.number("PORTAL_MAIL_PORT", default=587, at_least=1),
    "username": ENV.text("PORTAL_MAIL_USER"),
    "password": ENV.text("PORTAL_MAIL_PASSWORD"),
    "use_tls": ENV.flag("PORTAL_MAIL_TLS", default=True),
    "timeout": 20,
}
MAILERS = {
    "default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": MAIL_SERVER}
    if MAIL_HOST
    else {
        "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "OPTIONS": {"file_path": str(VAR_DIR / "mail")},
    }
}

# --- Background work ------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = BROKER_URL
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Celery would give up after a hundred attempts and leave a portal without background work.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_TIME_LIMIT = 11 * 60 * 60
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Above the longest task. Nobody waits for it: the job row's lease and the sweeper bring a lost job back at once.
    "visibility_timeout": 12 * 60 * 60,
    # A page that enqueues must not hang on a broker's host that does not answer.
    "socket_connect_timeout": 3,
}
VIDEO_PRESET = ENV.choice(
    "PORTAL_VIDEO_PRESET", default="veryfast", among=("ultrafast", "superfast", "veryfast", "faster", "fast", "medium")
)
VIDEO_DOWNLOAD_LINES = ENV.number("PORTAL_VIDEO_DOWNLOAD_LINES", default=1080, at_least=0)
JOBS_LEASE_S = ENV.number("PORTAL_JOBS_LEASE_S", default=60, at_least=2)
JOBS_SWEEP_S = min(15.0, JOBS_LEASE_S / 2)
JOBS_EAGER = False
CELERY_BEAT_SCHEDULE = {
    "sweep-jobs": {
        "task": "foundation.jobs.tasks.sweep",
        "schedule": JOBS_SWEEP_S,
        "options": {"expires": JOBS_SWEEP_S},
    },
    "forget": {"task": "foundation.jobs.tasks.forget", "schedule": 24 * 60 * 60.0},
}

# --- Wagtail --------------------------------------------------------------------------------------------------------
WAGTAIL_SITE_NAME = "Liên Tuyến"
WAGTAILADMIN_BASE_URL = BASE_URL
# Addresses that are made from titles keep to bare letters; js/admin/slugs.js takes the marks off.
WAGTAIL_ALLOW_UNICODE_SLUGS = False
WAGTAILIMAGES_IMAGE_MODEL = "kernel.PortalImage"
WAGTAILDOCS_DOCUMENT_MODEL = "kernel.PortalDocument"
WAGTAILIMAGES_EXTENSIONS = ["avif", "gif", "jpg", "jpeg", "png", "webp"]
WAGTAILDOCS_EXTENSIONS = ["pdf", "docx", "xlsx", "pptx", "txt", "csv"]
WAGTAILDOCS_SERVE_METHOD = "serve_view"
# Saved, never shown, on our own origin.
WAGTAILDOCS_INLINE_CONTENT_TYPES: list[str] = []
WAGTAIL_GRAVATAR_PROVIDER_URL = None
# Signing in, passwords and e-mail are allauth's, so that its second factor and rate limits always apply.
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAILUSERS_PASSWORD_REQUIRED = False
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
# Milliseconds without typing before the editor saves by itself; the default of 500 is too eager for a poor line.
WAGTAIL_AUTOSAVE_INTERVAL = 5000
WAGTAILEMBEDS_FINDERS: list[dict[str, str]] = []
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
WAGTAIL_FRONTEND_LOGIN_URL = "account_login"
TAGGIT_CASE_INSENSITIVE = True

# --- Browser security -----------------------------------------------------------------------------------------------
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:", *FILE_ORIGINS],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF, *FILM_ORIGINS],
    # hls.js plays through a MediaSource object and demuxes in a worker made from a blob.
    "media-src": [CSP.SELF, "blob:", *FILM_ORIGINS],
    "worker-src": [CSP.SELF, "blob:"],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "manifest-src": [CSP.SELF],
}
# Wagtail's editor sets style attributes and a few listings carry an inline script; previews are framed.
ADMIN_CSP = SECURE_CSP | {
    "script-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF, "data:", "blob:", *FILE_ORIGINS],
    "frame-src": [CSP.SELF],
    "frame-ancestors": [CSP.SELF],
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
# The other hosts of the domain are not ours to decide about, and browsers forget such a promise only after a year.
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = ENV.flag("PORTAL_HSTS_SUBDOMAINS", default=False) and IS_HTTPS
SECURE_SSL_REDIRECT = ENV.flag("PORTAL_HTTPS_REDIRECT", default=True) and IS_HTTPS
if ENV.flag("PORTAL_BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
TRUSTED_PROXY_COUNT = ENV.number("PORTAL_TRUSTED_PROXIES", default=0)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
# The frame-ancestors above say "none" for pages; Wagtail shows previews in a frame of its admin.
X_FRAME_OPTIONS = "SAMEORIGIN"
# W005 and W021 ask for HSTS on all subdomains and for preloading, which PORTAL_HSTS_SUBDOMAINS turns on.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W019", "security.W021"]
CSRF_FAILURE_VIEW = "portal.home.views.csrf_failure"

# --- Logs -----------------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["console"],
        "level": ENV.choice("PORTAL_LOG_LEVEL", default="INFO", among=("DEBUG", "INFO", "WARNING", "ERROR")),
    },
    "loggers": {
        "django_tasks": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
    },
}

if MODE == "production":
    refuse_unsafe(
        secret_key=SECRET_KEY,
        debug=DEBUG,
        is_sqlite=DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3",
        web_nodes=WEB_NODES,
        is_https=IS_HTTPS,
        given={name for name in NEEDED if ENV.is_given(name)},
        requires_mfa=REQUIRE_MFA,
    )
