#!/bin/sh
# Gets AMQP-CPP and builds the C++ client with it. Debian has AMQP-CPP only in a release that is
# later than this machine's may be. So the binary packages of that release are taken, AMQP-CPP and
# the C and C++ libraries that it was built for, and unpacked under .cache/: nothing of that
# release is installed, and the program is started by the program loader that came along.
set -eu
cd "$(dirname "$0")/../../.."
. interop/clients/common.sh
here=interop/clients/cpp
out=$PWD/.cache/interop/cpp
root=$out/root
release=forky
version=4.3.27

unchanged "$out/.stamp" "$here/setup.sh" "$here"/amqp-cpp/* && exit 0
mkdir -p "$out"

have_tools() {
  command -v g++ >/dev/null &&
    printf '#include <ev.h>\n#include <openssl/ssl.h>\n' | g++ -E -x c++ - >/dev/null 2>&1
}

# An apt beside the machine's own: the same mirror, the other release, lists under .cache/.
apt_of_release() {
  apt-get -q -o Dir::Etc::SourceList="$out/sources.list" -o Dir::Etc::SourceParts=- \
    -o Dir::State::Lists="$out/lists" -o Dir::State::Status=/dev/null \
    -o Dir::Cache::PkgCache= -o Dir::Cache::SrcPkgCache= -o APT::Sandbox::User=root \
    -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false "$@"
}

unpack_packages() {
  command -v apt-get >/dev/null || return 1
  rm -rf "$out/lists" "$out/debs" "$root"
  mkdir -p "$out/lists/partial" "$out/debs"
  # shellcheck disable=SC2016 # the names in it are apt's
  apt-get indextargets --format 'deb $(REPO_URI) '"$release main" 'Created-By: Packages' \
    'Label: Debian' | head -n 1 >"$out/sources.list"
  apt_of_release update || return 1
  (cd "$out/debs" && apt_of_release download libamqpcpp-dev="$version-1" \
    libamqpcpp4.3="$version-1" libc6 libgcc-s1 libstdc++6) || return 1
  for package in "$out"/debs/*.deb; do dpkg-deb -x "$package" "$root" || return 1; done
  # Some ten MiB that nothing needs any more.
  rm -rf "$out/lists" "$out/debs"
}

have_tools || { debian "$out/apt.log" g++ libc6-dev libev-dev libssl-dev && have_tools; } ||
  unavailable 'needs a C++ compiler, libev-dev and libssl-dev'
unchanged "$out/.unpacked" "$here/setup.sh" || unpack_packages >"$out/unpack.log" 2>&1 ||
  unavailable "cannot get libamqpcpp $version of Debian $release: $out/unpack.log"
stamp "$out/.unpacked" "$here/setup.sh"

libraries=$(dirname "$root"/usr/lib/*/libamqpcpp.so)
ln -sfn "$libraries" "$out/lib"
ln -sfn "$(find "$libraries" -name 'ld-linux*')" "$out/loader"
# What the library needs from the C library of its release is found by that release's loader.
g++ -std=c++17 -O0 -Wall -Wextra -Werror -isystem "$root/usr/include" \
  -DAMQP_CPP_VERSION="\"$(sed -n 's/^Version: //p' "$libraries/pkgconfig/amqpcpp.pc")\"" \
  -o "$out/amqp-cpp" "$here"/amqp-cpp/*.cpp -L"$libraries" -lamqpcpp -l:libev.a \
  -Wl,--allow-shlib-undefined >"$out/g++.log" 2>&1 ||
  broken "the C++ client does not compile: $out/g++.log"
stamp "$out/.stamp" "$here/setup.sh" "$here"/amqp-cpp/*
