#!/usr/bin/env bash
# Creates .venv from requirements.lock with uv; needs Python 3.11+ alone.
#
# The lock is a hashed requirements file without index addresses, so that a site with its own package mirror installs
# from that mirror with no change to the repository (docs/decisions/002).
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Coreshed needs Python 3.11 or newer; set PYTHON=..." >&2; exit 3; }
uv=$(command -v uv || true)
if [ -z "$uv" ] || [ "$("$uv" --version | cut -d' ' -f2)" != "$UV_VERSION" ]; then
  uv=.tools/bin/uv
  if [ ! -x "$uv" ]; then
    if "$python" -m venv .tools 2>/dev/null; then .tools/bin/pip install --quiet "uv==$UV_VERSION"
    elif rm -rf .tools; "$python" -m pip --version >/dev/null 2>&1; then
      "$python" -m pip install --quiet --target .tools "uv==$UV_VERSION"
    else
      echo "This Python has neither venv nor pip, with which uv $UV_VERSION is fetched: install them (Debian and Ubuntu:" >&2
      echo "python3-venv), put uv $UV_VERSION on the PATH, or set PYTHON=..." >&2
      exit 3
    fi
  fi
fi
if [ "${1:-}" = lock ]; then
  exec "$uv" pip compile pyproject.toml --extra server --group test --group check --universal --python-version 3.11 \
    --generate-hashes --no-emit-index-url --no-annotate --quiet --custom-compile-command "make lock" -o requirements.lock
fi
[ -x .venv/bin/python ] || "$uv" venv --quiet --python "$python" .venv
"$uv" pip sync --quiet --python .venv/bin/python --require-hashes requirements.lock
"$uv" pip install --quiet --python .venv/bin/python --no-deps --editable .
