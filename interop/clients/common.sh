# What the setup scripts share, to be sourced from the root of the repository. A setup script makes
# one language ready: what it needs goes into .cache/ (ignored by git) or, as root on Debian, comes
# from packages. It does nothing when that is done already, and ends with exit code 69 (no
# toolchain) through `unavailable`, or with 1 through `broken` when what is there does not build.
# shellcheck shell=sh

# unavailable MESSAGE: this language cannot be had on this machine.
unavailable() {
  echo "$1" >&2
  exit 69
}

# broken MESSAGE: it is there and does not work.
broken() {
  echo "$1" >&2
  exit 1
}

# debian LOG PACKAGE...: installs packages, as root on Debian; false where that is not to be.
debian() {
  debian_log=$1
  shift
  mkdir -p "$(dirname "$debian_log")"
  [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null || return 1
  # A package list is fetched only when the one that is there does not do.
  apt_install "$@" >"$debian_log" 2>&1 ||
    { apt-get -o DPkg::Lock::Timeout=600 -q update && apt_install "$@"; } >>"$debian_log" 2>&1
}

apt_install() {
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -qy \
    --no-install-recommends "$@"
}

# python_venv VENV REQUIREMENTS: a new virtual environment with the packages that a file pins in it.
python_venv() {
  make_venv "$1" || { debian "$1.apt.log" python3 python3-venv && make_venv "$1"; } ||
    unavailable 'needs python3 with its venv module (Debian: python3-venv)'
  "$1/bin/pip" install --quiet --disable-pip-version-check --requirement "$2" >>"$1.log" 2>&1 ||
    unavailable "pip cannot install $2: $1.log"
}

make_venv() {
  mkdir -p "$(dirname "$1")"
  command -v python3 >/dev/null && python3 -m venv --clear "$1" >"$1.log" 2>&1
}

# unchanged STAMP FILE...: whether the files are as they were at `stamp STAMP FILE...`.
unchanged() {
  [ -f "$1" ] && [ "$(stamped "$@")" = "$(cat "$1")" ]
}

stamp() {
  mkdir -p "$(dirname "$1")"
  stamped "$@" >"$1.new"
  mv "$1.new" "$1"
}

stamped() {
  shift
  cat "$@" | cksum
}
