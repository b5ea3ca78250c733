#!/bin/sh
# Prints the path of a Python 3.13 of this machine; one line on stderr and exit 1 when there is none.
# Looks at $PYTHON, the PATH, pyenv's versions (also ones that are not switched on) and uv's.

is_313() {
    [ -n "$1" ] && "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' >/dev/null 2>&1
}

# A shim's answer depends on the folder it is asked in; what it stands for doesn't.
real() {
    "$1" -c 'import sys; print(sys.executable)'
}

if [ -n "${PYTHON:-}" ]; then
    is_313 "$PYTHON" && { real "$PYTHON"; exit 0; }
    echo "error: PYTHON=$PYTHON is not a Python 3.13" >&2
    exit 1
fi

for candidate in python3.13 python3 python \
    "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13*/bin/python \
    /opt/homebrew/bin/python3.13 /usr/local/bin/python3.13; do
    is_313 "$candidate" && { real "$candidate"; exit 0; }
done

if command -v uv >/dev/null 2>&1; then
    candidate=$(uv python find 3.13 2>/dev/null)
    is_313 "$candidate" && { real "$candidate"; exit 0; }
fi

echo "error: no Python 3.13 found; install one (e.g. 'uv python install 3.13' or 'pyenv install 3.13') or set PYTHON=" >&2
exit 1
