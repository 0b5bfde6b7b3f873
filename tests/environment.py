"""A pytest plugin, loaded first: tests never see the environment or the files of a real portal."""

import os
import tempfile

for name in [name for name in os.environ if name.startswith("PORTAL_") and name != "PORTAL_DATABASE_URL"]:
    del os.environ[name]
os.environ["PORTAL_MODE"] = "test"
os.environ["PORTAL_SECRET_KEY"] = "only-for-tests-" + "x" * 40
os.environ["PORTAL_VAR_DIR"] = tempfile.mkdtemp(prefix="portal-tests-")
os.environ["PORTAL_ALLOWED_HOSTS"] = "localhost,127.0.0.1,testserver"
