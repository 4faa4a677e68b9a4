# Source packages of a Debian release that is not this machine's, for what has to be built. Source it after lib.sh.
# shellcheck shell=bash

release=trixie
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# need_debian_source: remembers what the functions below need.
need_debian_source() {
    need_file "$keyring" debian-archive-keyring
}

# fetch_debian_source DIR PACKAGE: unpacks a package's original source in DIR.
# Debian's own patches are for Debian's own places, so they stay out; apt has
# checked the signature.
fetch_debian_source() {
    local dir=$1 package=$2
    mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" &&
        echo "deb-src [signed-by=$keyring] http://deb.debian.org/debian $release main" >"$dir/sources.list" &&
        apt_here "$dir" update &&
        (cd "$dir" && apt_here "$dir" --only-source --download-only source "$package") &&
        tar xf "$dir/${package}_"*.orig.tar.* -C "$dir"
}

# apt_here DIR COMMAND…: apt-get with lists and sources of its own, so that this
# machine's apt never sees the other release.
apt_here() {
    local dir=$1
    shift
    apt-get -q -o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$dir/lists" -o Dir::Cache="$dir/cache" -o APT::Sandbox::User="$(id -un)" \
        -o Debug::NoLocking=1 "$@"
}
