# Source packages of Debian, with the tests that binary packages leave out; to be sourced after
# common.sh, from the root of the repository.
# shellcheck shell=sh

# debian_source OUT SUITE PACKAGE VERSION FOLDER: unpacks what upstream released as the source of a
# package into OUT/FOLDER; false where that is not to be. The machine's own list of archives says
# where from, with SUITE (bookworm, trixie) in place of its own.
debian_source() {
  source_out=$PWD/$1
  source_lists=$source_out/$2
  source_url=$(awk '/^URIs:/ { print $2; exit } $1 == "deb" { print $(/\[/ ? 3 : 2); exit }' \
    /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null)
  [ -n "$source_url" ] && command -v apt-get >/dev/null || return 1
  mkdir -p "$source_lists/lists/partial"
  printf 'Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' "$source_url" \
    "$2" /usr/share/keyrings/debian-archive-keyring.gpg >"$source_lists/own.sources"
  source_log=$source_out/apt.log
  [ -f "$source_lists/.updated" ] || { apt_source update && touch "$source_lists/.updated"; } ||
    return 1
  rm -rf "${source_out:?}/$5" "$source_lists/fetched"
  mkdir -p "$source_out/$5" "$source_lists/fetched"
  # Packages have parts besides, which archives are sometimes without; apt-get fails then, and has
  # fetched and checked what there is.
  apt_source source --download-only --tar-only "$3=$4" || true
  tar -xf "$source_lists"/fetched/*.orig.tar.* -C "$source_out/$5" --strip-components=1 \
    >>"$source_log" 2>&1
}

# apt_source ARGUMENT...: apt-get with nothing but the list in $source_lists.
apt_source() {
  (
    mkdir -p "$source_lists/fetched" && cd "$source_lists/fetched" &&
      apt-get -q -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$source_lists" \
        -o Dir::State::Lists="$source_lists/lists" -o Dir::Cache::pkgcache= \
        -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root "$@"
  ) >>"$source_log" 2>&1
}
