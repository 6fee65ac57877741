// Disk I/O that reports a piece's hash only after its blocks are reported as written.
#pragma once

#include <libtorrent/disk_interface.hpp>
#include <libtorrent/io_context.hpp>

#include <memory>

namespace lt = libtorrent;

namespace seedermesh {

// libtorrent hashes blocks while they wait to be written, so a piece may pass its v1 hash before the session counts it as
// had. When a hybrid torrent's piece layer arrives in that moment, libtorrent 2.0.8 takes the piece for one whose hashes
// contradict each other and stops the torrent ("v1 and v2 hashes do not describe the same data"; arvidn/libtorrent issue
// 6394). With the order kept, the moment does not exist.
std::unique_ptr<lt::disk_interface> ordered_disk_io(
    lt::io_context& context, lt::settings_interface const& settings, lt::counters& counters);

} // namespace seedermesh
