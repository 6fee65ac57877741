#include "metainfo.h"

#include <libtorrent/announce_entry.hpp>
#include <libtorrent/bencode.hpp>

#include <unordered_set>

namespace seedermesh {
namespace {

constexpr std::uint8_t flag_pad = 1;
constexpr std::uint8_t flag_symlink = 2;
constexpr std::uint8_t flag_executable = 4;
constexpr std::uint8_t flag_hidden = 8;

void put_file(blob_writer& blob, lt::file_storage const& files, lt::file_index_t index)
{
    lt::file_flags_t const flags = files.file_flags(index);
    std::uint8_t bits = 0;
    if (flags & lt::file_storage::flag_pad_file) bits |= flag_pad;
    if (flags & lt::file_storage::flag_symlink) bits |= flag_symlink;
    if (flags & lt::file_storage::flag_executable) bits |= flag_executable;
    if (flags & lt::file_storage::flag_hidden) bits |= flag_hidden;

    blob.put_string(files.file_path(index));
    blob.put(files.file_size(index));
    blob.put(files.file_offset(index));
    blob.put(bits);
    lt::sha256_hash const root = files.v2() && !(flags & lt::file_storage::flag_pad_file)
        ? files.root(index) : lt::sha256_hash();
    blob.put_raw(root.data(), static_cast<std::size_t>(root.size()));
    blob.put_string((flags & lt::file_storage::flag_symlink) ? files.symlink(index) : std::string());
}

void put_metainfo(blob_writer& blob, lt::torrent_info const& info)
{
    put_info_hashes(blob, info.info_hashes());
    blob.put_string(info.name());
    blob.put(static_cast<std::int32_t>(info.piece_length()));
    blob.put(static_cast<std::int32_t>(info.num_pieces()));
    blob.put_flag(info.priv());
    blob.put_string(info.comment());
    blob.put_string(info.creator());
    blob.put(static_cast<std::int64_t>(info.creation_date()));

    auto const& trackers = info.trackers();
    blob.put(static_cast<std::uint32_t>(trackers.size()));
    for (auto const& tracker : trackers)
    {
        blob.put_string(tracker.url);
        blob.put(static_cast<std::uint8_t>(tracker.tier));
    }

    auto const& seeds = info.web_seeds();
    blob.put(static_cast<std::uint32_t>(seeds.size()));
    for (auto const& seed : seeds) blob.put_string(seed.url);

    lt::file_storage const& files = info.orig_files();
    blob.put(static_cast<std::uint32_t>(files.num_files()));
    for (lt::file_index_t const index : files.file_range()) put_file(blob, files, index);
}

} // namespace

lt::load_torrent_limits metainfo_limits()
{
    lt::load_torrent_limits limits;
    limits.max_buffer_size = static_cast<int>(metainfo_size_max);
    limits.max_pieces = pieces_max;
    limits.max_decode_depth = decode_depth_max;
    limits.max_decode_tokens = decode_tokens_max;
    return limits;
}

std::shared_ptr<lt::torrent_info> load_metainfo(void const* data, std::int64_t size, bool info_only)
{
    if (size < 0 || size > metainfo_size_max)
    {
        throw failure(error_kind::metainfo, "metadata_too_large", "the torrent is larger than 64 MiB");
    }

    std::vector<char> wrapped;
    lt::span<char const> bytes(static_cast<char const*>(data), static_cast<std::ptrdiff_t>(size));
    if (info_only)
    {
        static constexpr std::string_view prefix = "d4:info";
        wrapped.assign(prefix.begin(), prefix.end());
        wrapped.insert(wrapped.end(), bytes.begin(), bytes.end());
        wrapped.push_back('e');
        bytes = wrapped;
    }

    lt::error_code ec;
    lt::bdecode_node const torrent = lt::bdecode(bytes, ec, nullptr, decode_depth_max, decode_tokens_max);
    if (ec) throw lt::system_error(ec);
    check_names(torrent);
    auto info = std::make_shared<lt::torrent_info>(torrent, metainfo_limits());
    check_piece_layers(torrent);
    restore_case_variants(*info);
    return info;
}

void restore_case_variants(lt::torrent_info& info)
{
    // orig_files() is a copy that libtorrent only makes when it renames; without it nothing was renamed.
    lt::file_storage const& original = info.orig_files();
    if (&original == &info.files()) return;

    // Paths that are equal byte for byte keep libtorrent's new names: one directory cannot hold both.
    std::unordered_set<std::string> taken;
    for (lt::file_index_t const index : original.file_range())
    {
        std::string const path = original.file_path(index);
        if (!original.pad_file_at(index) && taken.insert(path).second && info.files().file_path(index) != path)
        {
            info.rename_file(index, path);
        }
    }
}

void put_info_hashes(blob_writer& blob, lt::info_hash_t const& hashes)
{
    blob.put_flag(hashes.has_v1());
    blob.put_raw(hashes.v1.data(), static_cast<std::size_t>(hashes.v1.size()));
    blob.put_flag(hashes.has_v2());
    blob.put_raw(hashes.v2.data(), static_cast<std::size_t>(hashes.v2.size()));
}

} // namespace seedermesh

using namespace seedermesh;

SM_API int sm_metainfo_inspect(void const* data, std::int64_t size, int info_only, sm_buffer** out)
{
    return guarded(out, error_kind::metainfo, [&]
    {
        auto const info = load_metainfo(data, size, info_only != 0);
        blob_writer blob;
        put_metainfo(blob, *info);
        give(out, blob);
    });
}
