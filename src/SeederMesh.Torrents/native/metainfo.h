// What the metainfo functions share: limits, and reading a .torrent.
#pragma once

#include "guard.h"

#include <libtorrent/bdecode.hpp>
#include <libtorrent/torrent_info.hpp>

#include <memory>

namespace seedermesh {

// 64 MiB of .torrent is about two million pieces or a million files; libtorrent's own default is 10 MB.
constexpr std::int64_t metainfo_size_max = 64 * 1024 * 1024;
constexpr int pieces_max = 0x200000;
constexpr int decode_depth_max = 100;
constexpr int decode_tokens_max = 12'000'000;

lt::load_torrent_limits metainfo_limits();

// Reads a .torrent, or the bare info dictionary that a magnet's peers sent. Throws failure or lt::system_error.
// The file names are the ones in the torrent: libtorrent's renaming of paths that differ only in case is undone.
std::shared_ptr<lt::torrent_info> load_metainfo(void const* data, std::int64_t size, bool info_only);

// What newer versions of libtorrent refuse and 2.0.8 does not; they throw failure(metainfo). The first comes before
// libtorrent reads the torrent, the second after it has found nothing wrong.
void check_names(lt::bdecode_node const& torrent);
void check_piece_layers(lt::bdecode_node const& torrent);

// Undoes libtorrent's renaming of files whose paths differ only in letter case: here such paths are two files.
void restore_case_variants(lt::torrent_info& info);

void put_info_hashes(blob_writer& blob, lt::info_hash_t const& hashes);

} // namespace seedermesh
