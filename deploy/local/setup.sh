#!/bin/bash
# Makes this checkout able to run: Debian packages that are missing, then .venv from the lock.
# Quiet and quick when everything is there. No service is started, enabled or reconfigured.
set -euo pipefail
cd "$(dirname "$0")/../.."

policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.conf
mark='# placed by scanpass while it installs'
saved=.before-scanpass # what was there is kept beside it under this suffix

fail() {
    echo "setup: $*" >&2
    exit 2
}

# What each package is needed for, by a file it brings.
missing_packages() {
    local package file
    while read -r package file; do
        [ -e "$file" ] || echo "$package"
    done <<'EOF'
rabbitmq-server /usr/lib/rabbitmq/bin/rabbitmq-server
postgresql-15 /usr/lib/postgresql/15/bin/postgres
postgresql-15 /usr/share/postgresql/15/extension/pg_trgm.control
mricron-data /usr/share/mricron/templates/ch2.nii.gz
libopenjp2-tools /usr/bin/opj_decompress
chromium /usr/bin/chromium
firefox-esr /usr/bin/firefox-esr
dcmtk /usr/bin/dcmdump
dicom3tools /usr/bin/dciodvfy
ca-certificates /etc/ssl/certs/ca-certificates.crt
EOF
    "$python" -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
}

find_python() {
    local name
    for name in python3.11 python3 python3.12 python3.13; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    fail 'Python 3.11 or later is missing: apt-get install python3'
}

# As root: put back what an installation, also one that was killed, has laid aside.
put_back() {
    if grep -qs "$mark" "$policy"; then
        rm -f "$policy"
    fi
    local file
    for file in "$policy" "$cluster"; do
        if [ -e "$file$saved" ]; then
            mv -f "$file$saved" "$file"
        fi
    done
}

apt_install() {
    DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0 \
        install --no-install-recommends "$@" </dev/null >>"$log" 2>&1
}

# As root: install the packages named, and nothing of them runs, now or at the next boot.
install_packages() {
    local brings_broker=no
    log=$(mktemp)
    trap put_back EXIT
    trap 'exit 130' INT TERM
    put_back
    if [ -e "$policy" ]; then mv "$policy" "$policy$saved"; fi
    printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"
    chmod 755 "$policy"
    case " $* " in *' rabbitmq-server '*) brings_broker=yes ;; esac
    # postgresql-common comes first, because it brings the setting that prevents a cluster.
    if ! { apt_install ca-certificates postgresql-common ||
        { apt-get -qq update >>"$log" 2>&1 && apt_install ca-certificates postgresql-common; }; }; then
        tail -n 3 "$log" >&2
        fail "the packages $* could not be installed: see $log"
    fi
    cp -p "$cluster" "$cluster$saved"
    echo 'create_main_cluster = false' >>"$cluster"
    if ! { apt_install "$@" || { apt-get -qq update >>"$log" 2>&1 && apt_install "$@"; }; }; then
        tail -n 3 "$log" >&2
        fail "the packages $* could not be installed: see $log"
    fi
    if [ "$brings_broker" = yes ] && command -v systemctl >/dev/null; then
        systemctl --quiet disable rabbitmq-server.service epmd.service epmd.socket >>"$log" 2>&1 ||
            true
    fi
    rm -f "$log"
}

packages() {
    local missing
    missing=$(missing_packages | sort -u | xargs)
    if [ -z "$missing" ]; then
        # An installation may have been killed after its last package.
        if [ "$(id -u)" = 0 ]; then put_back; fi
        return
    fi
    . /etc/os-release
    if [ "${ID:-}" != debian ] || [ "${VERSION_ID:-}" != 12 ]; then
        fail "missing here, and installed by itself only on Debian 12: $missing"
    fi
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
        fail "missing, and neither root nor sudo to install it: apt-get install $missing"
    fi
    echo "Installing Debian packages: $missing"
    if [ "$(id -u)" = 0 ]; then
        # shellcheck disable=SC2086  # words, not one name
        "$PWD/deploy/local/setup.sh" --install $missing
    else
        # shellcheck disable=SC2086
        sudo "$PWD/deploy/local/setup.sh" --install $missing ||
            fail "missing, and sudo did not let us: apt-get install $missing"
    fi
}

environment() {
    local wanted stamp=.venv/.scanpass
    wanted="$(cat requirements.lock pyproject.toml | sha256sum) $PWD $("$python" -V)"
    if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then return; fi
    # One that was made elsewhere, or by another Python, is of no use.
    if [ -e "$stamp" ] && [ "$(cut -d' ' -f3- "$stamp")" != "$(cut -d' ' -f3- <<<"$wanted")" ]; then
        rm -rf .venv
    fi
    echo 'Installing Python packages into .venv'
    [ -x .venv/bin/python ] || "$python" -m venv .venv
    local pip=(.venv/bin/python -m pip -qq --disable-pip-version-check install)
    "${pip[@]}" --require-hashes -r requirements.lock ||
        fail 'the Python packages could not be installed: see above'
    "${pip[@]}" --no-deps --no-build-isolation -e . ||
        fail 'this project could not be installed into .venv: see above'
    echo "$wanted" >"$stamp"
}

if [ "${1:-}" = --install ]; then
    shift
    install_packages "$@"
    exit
fi
python=$(find_python)
mkdir -p .local
exec 9>.local/setup.lock # two at once take turns
flock 9
packages
environment
