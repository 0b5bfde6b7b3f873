# Shared by the commands beside it: brings a fresh machine to the point where Python can take over, and skips what is
# already done. Sourced, never run. Sets ROOT and PYTHON.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
PYTHON=$ROOT/.venv/bin/python
UV=$ROOT/.tools/bin/uv
UV_VERSION=0.13.9
# Without the bytecode that Python keeps beside its modules, every process takes four times as long to start.
unset PYTHONDONTWRITEBYTECODE
export PYTHONUNBUFFERED=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore

say() { printf '%s\n' "→ $*" >&2; }
stop() { printf '%s\n' "$1" >&2; exit "${2:-1}"; }

# --- System packages -------------------------------------------------------------------------------------------------
# Debian's name, then how to see that it is there: cmd:NAME, lib:SONAME, python:MODULE or glob:PATTERN.
RUN_PACKAGES=(
  "python3-venv python:ensurepip"
  "ffmpeg cmd:ffprobe"
  "bubblewrap cmd:bwrap"
  "gettext cmd:msgfmt"
  "libpango-1.0-0 lib:libpango-1.0.so.0"
  "libpangoft2-1.0-0 lib:libpangoft2-1.0.so.0"
  "libharfbuzz-subset0 lib:libharfbuzz-subset.so.0"
  "fonts-noto-core glob:/usr/share/fonts/*/noto/NotoSans-Regular.*"
)
TEST_PACKAGES=(
  "postgresql cmd:postgres"
  "chromium cmd:chromium"
  "nginx cmd:nginx"
  "poppler-utils cmd:pdftoppm"
)

is_there() {
  local pattern=${1#*:} found
  case $1 in
    cmd:postgres) postgres_folder >/dev/null ;;
    cmd:chromium) command -v chromium || command -v chromium-browser || command -v google-chrome ;;
    cmd:*) command -v "$pattern" || [ -x "/usr/sbin/$pattern" ] ;;
    lib:*) PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null | grep -F "$pattern" ;;
    python:*) python3 -c "import $pattern" ;;
    glob:*) for found in $pattern; do [ -e "$found" ] && return 0; done; return 1 ;;
  esac >/dev/null 2>&1
}

# The folder of PostgreSQL's server programs, newest first; Debian keeps them out of PATH.
postgres_folder() {
  local folder
  for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV) "$(dirname "$(command -v postgres || echo /)")"; do
    if [ -x "$folder/initdb" ] && [ -x "$folder/pg_ctl" ]; then echo "$folder"; return 0; fi
  done
  return 1
}

# install_packages run|test|tools: installs what is missing as root on Debian and Ubuntu; else says how, and exits with 2.
install_packages() {
  local wanted=("${RUN_PACKAGES[@]}") missing=() entry
  if [ "$1" = test ]; then wanted+=("${TEST_PACKAGES[@]}"); fi
  command -v python3 >/dev/null || missing+=(python3)
  for entry in "${wanted[@]}"; do
    is_there "${entry#* }" || missing+=("${entry%% *}")
  done
  if [ ${#missing[@]} -eq 0 ]; then return 0; fi
  if ! command -v apt-get >/dev/null; then
    stop "Missing on this system (named as in Debian): ${missing[*]}. Please install them and try again." 2
  fi
  if [ "$(id -u)" -ne 0 ]; then
    stop "Missing system packages. Please run this, then try again:
  sudo apt-get install -y ${missing[*]}" 2
  fi
  say "Installing system packages: ${missing[*]}"
  local log
  log=$(mktemp)
  if ! { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}"; } \
    >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    stop "apt-get could not install: ${missing[*]}" 2
  fi
  rm -f "$log"
}

# --- Python ----------------------------------------------------------------------------------------------------------
fingerprint() { cat "$@" 2>/dev/null | sha256sum | cut -c1-32; }

install_uv() {
  if [ -x "$UV" ] && [ "$(cat "$ROOT/.tools/.uv-version" 2>/dev/null)" = "$UV_VERSION" ]; then return 0; fi
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 9))' || stop "python3 must be 3.9 or newer." 2
  say "Installing uv $UV_VERSION into .tools/"
  python3 -m venv "$ROOT/.tools"
  "$ROOT/.tools/bin/python" -m pip install --quiet "uv==$UV_VERSION"
  echo "$UV_VERSION" >"$ROOT/.tools/.uv-version"
}

# The interpreter for .venv: the one of .python-version if it is on this machine, else another that fits, else the
# version's name, for uv to download.
choose_interpreter() {
  local version preferred
  preferred=$(cat "$ROOT/.python-version")
  for version in "$preferred" 3.13 3.12 3.14; do
    if (cd "$ROOT" && UV_PYTHON_DOWNLOADS=never "$UV" python find "$version" 2>/dev/null); then return 0; fi
  done
  echo "$preferred"
}

install_python_environment() {
  # A linked environment belongs to another work tree, which keeps it in step.
  if [ -L "$ROOT/.venv" ]; then return 0; fi
  local stamp=$ROOT/.venv/.synced print
  print=$(fingerprint "$ROOT/uv.lock" "$ROOT/.python-version")
  if [ -x "$PYTHON" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$print" ]; then return 0; fi
  install_uv
  say "Installing the Python environment into .venv/"
  (cd "$ROOT" && UV_PYTHON=${UV_PYTHON:-$(choose_interpreter)} "$UV" sync --frozen --quiet) \
    || stop "The Python environment could not be installed (see above)."
  echo "$print" >"$stamp"
}

# --- What is built from the sources ----------------------------------------------------------------------------------
build_front_end() { "$ROOT/bin/build-front-end"; }

compile_messages() {
  local po mo
  for po in "$ROOT"/locale/*/LC_MESSAGES/*.po "$ROOT"/locale/borrowed/*/LC_MESSAGES/*.po; do
    mo=${po%.po}.mo
    if [ -e "$po" ] && ! [ "$mo" -nt "$po" ]; then
      msgfmt --check-format -o "$mo.part" "$po" && mv "$mo.part" "$mo"
    fi
  done
}

# prepare run|test|tools: everything up to a working `$PYTHON manage.py`; `tools` leaves out what only pages need.
prepare() {
  install_packages "$1"
  install_python_environment
  if [ "$1" != tools ]; then build_front_end; fi
  compile_messages
}

# Settings from .env at the root, for the commands that run the portal; what the environment already says wins.
load_env_file() {
  local line name value
  [ -f "$ROOT/.env" ] || return 0
  while IFS= read -r line || [ -n "$line" ]; do
    if [[ $line =~ ^[[:space:]]*(PORTAL_[A-Z0-9_]+)=(.*)$ ]]; then
      name=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
      value=${value%$'\r'}
      if [[ $value =~ ^\"(.*)\"$ || $value =~ ^\'(.*)\'$ ]]; then value=${BASH_REMATCH[1]}; fi
      if [ -z "${!name+set}" ]; then export "$name=$value"; fi
    fi
  done <"$ROOT/.env"
}
