#!/bin/sh
# Builds libseedermesh_torrents.so into the directory $1. Compiles only what is older than its source or any header.
set -eu
out=$1
cd "$(dirname "$0")"

if ! command -v g++ >/dev/null || ! command -v pkg-config >/dev/null \
  || ! pkg-config --exists 'libtorrent-rasterbar >= 2.0.8' 'libtorrent-rasterbar < 2.1'; then
  echo "error SM0001: the BitTorrent engine needs a C++ compiler and libtorrent-rasterbar 2.0.x." \
    "On Debian: apt-get install g++ pkg-config libtorrent-rasterbar-dev" >&2
  exit 1
fi

mkdir -p "$out"
newest_header=$(ls -t ./*.h build.sh | head -n 1)
stale=
objects=
for source in ./*.cpp; do
  name=$(basename "$source" .cpp)
  object=$out/$name.o
  objects="$objects $object"
  if [ ! -e "$object" ] || [ "$source" -nt "$object" ] || [ "$newest_header" -nt "$object" ]; then
    stale="$stale $name"
  fi
done

flags="-O2 -std=c++17 -fPIC -fvisibility=hidden -Wall -Wextra -Werror $(pkg-config --cflags libtorrent-rasterbar)"
# An interrupted compiler leaves no object behind: it is written beside and renamed.
echo $stale | xargs -r -n 1 | xargs -r -P "$(nproc)" -I '{}' \
  sh -c "g++ $flags -c '{}.cpp' -o '$out/{}.o.new' && mv '$out/{}.o.new' '$out/{}.o'"
g++ -shared -Wl,--no-undefined -Wl,--as-needed -o "$out/libseedermesh_torrents.so.new" $objects \
  $(pkg-config --libs libtorrent-rasterbar) -pthread
mv "$out/libseedermesh_torrents.so.new" "$out/libseedermesh_torrents.so"
