# Two images: `portal` (web, workers, beat) and `proxy` (nginx with the static files of the same release).
# Build with: docker compose build

# --- Front end: npm packages and fonts, with node from a Python wheel -------------------------------------------------
FROM python:3.13.7-slim-bookworm AS front-end
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy PIP_DISABLE_PIP_VERSION_CHECK=1
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /app
COPY pyproject.toml uv.lock .python-version ./
RUN uv sync --frozen --no-default-groups --group build
COPY package.json package-lock.json ./
COPY bin/build-front-end bin/build-front-end
RUN bin/build-front-end

# --- Python environment of the portal alone ---------------------------------------------------------------------------
FROM python:3.13.7-slim-bookworm AS environment
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /app
COPY pyproject.toml uv.lock .python-version ./
RUN uv sync --frozen --no-default-groups

# --- The portal -------------------------------------------------------------------------------------------------------
FROM python:3.13.7-slim-bookworm AS portal
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        bubblewrap ffmpeg fonts-noto-core gettext libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --home-dir /var/lib/portal --create-home --shell /usr/sbin/nologin portal
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    PORTAL_VAR_DIR=/var/lib/portal PORTAL_STATIC_DIR=/app/collected
WORKDIR /app
COPY --from=environment /app/.venv .venv
COPY . .
COPY --from=front-end /app/static/vendor static/vendor
# Static files belong to the release, not to the data; a throw-away folder serves as `var` meanwhile.
RUN for po in locale/*/LC_MESSAGES/*.po locale/borrowed/*/LC_MESSAGES/*.po; do msgfmt --check-format -o "${po%.po}.mo" "$po"; done \
    && PORTAL_VAR_DIR=/tmp/build python manage.py collectstatic --noinput --verbosity 0 \
    && rm -rf /tmp/build \
    && install -m 755 deploy/manage /usr/local/bin/manage
USER portal
VOLUME /var/lib/portal
EXPOSE 8000
CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind", "0.0.0.0:8000"]

# --- nginx ------------------------------------------------------------------------------------------------------------
FROM nginxinc/nginx-unprivileged:1.28.0-alpine AS proxy
COPY --from=portal /app/collected /srv/static
COPY deploy/nginx/nginx.conf /etc/nginx/nginx.conf
COPY deploy/nginx/pages.conf /etc/nginx/pages.conf
USER 101
EXPOSE 8080 8443
