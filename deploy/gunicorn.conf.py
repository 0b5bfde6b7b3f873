"""How gunicorn serves the portal, in every set-up; its command line and GUNICORN_CMD_ARGS win over what stands here."""

from importlib import import_module

from portal.start import require_settings

# Here, in the first process: a worker that refused to start would be started again for ever.
require_settings()

wsgi_app = "portal.wsgi:application"
preload_app = True  # loaded once, then shared by the workers; nothing connects anywhere before the fork
worker_class = "gthread"
workers = 2
threads = 4
timeout = 120  # seconds without a sign of life from a worker; an upload's bytes do not pass through a worker's hands
graceful_timeout = 20
keepalive = 75
max_requests = 20_000
max_requests_jitter = 2_000
errorlog = "-"
accesslog = None  # nginx keeps it; `--access-logfile -` shows it here
control_socket_disable = True


def when_ready(_server: object) -> None:
    """Load the views before the fork too: the first visitor of each worker need not wait for that."""
    import_module("portal.urls")
