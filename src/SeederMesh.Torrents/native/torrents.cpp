// Adding, steering and asking about the torrents of a session.
#include "engine.h"
#include "metainfo.h"
#include "receipt_plugin.h"

#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/bdecode.hpp>
#include <libtorrent/magnet_uri.hpp>
#include <libtorrent/read_resume_data.hpp>
#include <libtorrent/torrent_flags.hpp>
#include <libtorrent/torrent_status.hpp>
#include <libtorrent/write_resume_data.hpp>

namespace seedermesh {
namespace {

enum class source_kind : std::uint8_t { torrent = 0, magnet = 1, resume_data = 2 };

enum class command : int
{
    pause = 1, resume = 2, recheck = 3, save_resume_data = 4, connect_peer = 5, file_priorities = 6, sequential = 7,
    piece_deadline = 8, clear_deadlines = 9, rate_limits = 10, add_tracker = 11, reannounce = 12, upload_only = 13,
};

enum class query : int { pieces = 1, availability = 2, file_progress = 3, torrent_file = 4, info = 5, peers = 6 };

constexpr std::uint32_t flag_paused = 1;
constexpr std::uint32_t flag_sequential = 2;
constexpr std::uint32_t flag_assume_complete = 4;
constexpr std::uint32_t flag_upload_only = 8;
constexpr std::uint32_t flag_private_off = 16;

lt::add_torrent_params read_source(blob_reader& reader)
{
    auto const kind = static_cast<source_kind>(reader.get<std::uint8_t>());
    std::string_view const bytes = reader.get_view();
    lt::add_torrent_params params;
    switch (kind)
    {
    case source_kind::torrent:
        params.ti = load_metainfo(bytes.data(), static_cast<std::int64_t>(bytes.size()), false);
        return params;
    case source_kind::magnet:
        return lt::parse_magnet_uri(lt::string_view(bytes.data(), bytes.size()));
    case source_kind::resume_data:
        params = lt::read_resume_data(lt::span<char const>(bytes.data(), static_cast<std::ptrdiff_t>(bytes.size())),
            metainfo_limits());
        if (params.ti) restore_case_variants(*params.ti);
        return params;
    }

    throw failure(error_kind::argument, "invalid_source", "an unknown source");
}

lt::tcp::endpoint read_endpoint(blob_reader& reader)
{
    lt::address const address = lt::make_address(reader.get_string());
    return {address, reader.get<std::uint16_t>()};
}

void read_priorities(blob_reader& reader, std::vector<lt::download_priority_t>& priorities)
{
    auto const count = reader.get_count();
    if (count == 0) return;
    priorities.clear();
    for (std::uint32_t i = 0; i < count; ++i)
    {
        priorities.push_back(lt::download_priority_t(std::min<std::uint8_t>(reader.get<std::uint8_t>(), 7)));
    }
}

void read_flags(std::uint32_t bits, lt::add_torrent_params& params)
{
    auto const set = [&](std::uint32_t bit, lt::torrent_flags_t flag)
    {
        if (bits & bit) params.flags |= flag;
        else params.flags &= ~flag;
    };
    set(flag_paused, lt::torrent_flags::paused);
    set(flag_sequential, lt::torrent_flags::sequential_download);
    set(flag_upload_only, lt::torrent_flags::upload_mode);
    if (bits & flag_assume_complete) params.flags |= lt::torrent_flags::seed_mode;
    // Nothing queues or pauses a torrent but its owner; and adding it twice is an error that says so.
    params.flags &= ~lt::torrent_flags::auto_managed;
    params.flags |= lt::torrent_flags::duplicate_is_error;
    if (params.ti && params.ti->priv() && !(bits & flag_private_off))
    {
        throw failure(error_kind::argument, "private_torrent",
            "a private torrent: its tracker may forbid modified clients; allow it explicitly");
    }
}

std::vector<char> read_dictionary(std::string_view bytes)
{
    if (bytes.size() > dictionary_bytes_max)
    {
        throw failure(error_kind::argument, "metadata_too_large", "the sm dictionary is larger than 8 KiB");
    }

    if (!bytes.empty())
    {
        lt::error_code ec;
        lt::bdecode_node const node
            = lt::bdecode(lt::span<char const>(bytes.data(), static_cast<std::ptrdiff_t>(bytes.size())), ec);
        if (ec || node.type() != lt::bdecode_node::dict_t)
        {
            throw failure(error_kind::argument, "invalid_bencoding", "the sm dictionary is not a bencoded dictionary");
        }
    }

    return {bytes.begin(), bytes.end()};
}

void put_status(blob_writer& blob, engine& owner, lt::torrent_status const& status)
{
    blob.put(owner.id_of(status.handle));
    put_info_hashes(blob, status.info_hashes);
    blob.put_string(status.name);
    blob.put_string(status.save_path);
    put_state(blob, status.state);
    blob.put_flag(bool(status.flags & lt::torrent_flags::paused));
    blob.put_flag(status.has_metadata);
    blob.put_flag(status.is_finished);
    blob.put_flag(status.is_seeding);
    blob.put(static_cast<std::int32_t>(status.progress_ppm));
    blob.put(status.total);
    blob.put(status.total_done);
    blob.put(status.total_wanted);
    blob.put(status.total_wanted_done);
    blob.put(status.total_payload_upload);
    blob.put(status.total_payload_download);
    blob.put(status.all_time_upload);
    blob.put(status.all_time_download);
    blob.put(status.total_failed_bytes);
    blob.put(status.total_redundant_bytes);
    blob.put(static_cast<std::int32_t>(status.upload_payload_rate));
    blob.put(static_cast<std::int32_t>(status.download_payload_rate));
    blob.put(static_cast<std::int32_t>(status.num_peers));
    blob.put(static_cast<std::int32_t>(status.num_seeds));
    blob.put(static_cast<std::int32_t>(status.num_pieces));
    blob.put_string(status.errc ? status.errc.message() : "");
}

void put_peer(blob_writer& blob, receipt_peer const& peer)
{
    lt::peer_info info;
    peer.connection().get_peer_info(info);
    std::uint32_t flags = 0;
    auto const set = [&](std::uint32_t bit, lt::peer_flags_t flag) { if (info.flags & flag) flags |= bit; };
    set(1, lt::peer_info::seed);
    set(2, lt::peer_info::interesting);
    set(4, lt::peer_info::choked);  // by us
    set(8, lt::peer_info::remote_interested);
    set(16, lt::peer_info::remote_choked);
    set(32, lt::peer_info::outgoing_connection);
    set(64, lt::peer_info::utp_socket);
    set(128, lt::peer_info::rc4_encrypted | lt::peer_info::plaintext_encrypted);
    if (peer.connection().type() != lt::connection_type::bittorrent) flags |= 256;

    blob.put(peer.id());
    blob.put_string(info.ip.address().to_string());
    blob.put(static_cast<std::uint16_t>(info.ip.port()));
    blob.put_string(printable(info.client));
    blob.put(flags);
    blob.put_flag(peer.speaks());
    blob.put(static_cast<std::int32_t>(info.payload_up_speed));
    blob.put(static_cast<std::int32_t>(info.payload_down_speed));
    blob.put(info.total_upload);
    blob.put(info.total_download);
    blob.put(static_cast<std::int32_t>(info.progress_ppm));
    blob.put(peer.uploaded());
    blob.put(peer.credit());
    blob.put_flag(peer.is_exhausted());
}

void run_command(torrent_record& record, command what, blob_reader& reader)
{
    lt::torrent_handle const& handle = record.handle;
    switch (what)
    {
    case command::pause: return handle.pause();
    case command::resume: return handle.resume();
    case command::recheck: return handle.force_recheck();
    case command::save_resume_data:
        return handle.save_resume_data(lt::torrent_handle::save_info_dict | lt::torrent_handle::flush_disk_cache);
    case command::connect_peer: return handle.connect_peer(read_endpoint(reader));
    case command::file_priorities:
    {
        std::vector<lt::download_priority_t> priorities;
        read_priorities(reader, priorities);
        return handle.prioritize_files(priorities);
    }
    case command::sequential:
        return handle.set_flags(reader.get_flag() ? lt::torrent_flags::sequential_download : lt::torrent_flags_t{},
            lt::torrent_flags::sequential_download);
    case command::piece_deadline:
    {
        auto const piece = reader.get<std::int32_t>();
        auto const info = handle.torrent_file();
        if (!info || piece < 0 || piece >= info->num_pieces())
        {
            throw failure(error_kind::argument, "invalid_piece_index", "the torrent has no such piece");
        }

        return handle.set_piece_deadline(lt::piece_index_t(piece), reader.get<std::int32_t>());
    }
    case command::clear_deadlines: return handle.clear_piece_deadlines();
    case command::rate_limits:
        handle.set_upload_limit(reader.get<std::int32_t>());
        return handle.set_download_limit(reader.get<std::int32_t>());
    case command::add_tracker:
    {
        lt::announce_entry entry(reader.get_string());
        entry.tier = reader.get<std::uint8_t>();
        return handle.add_tracker(entry);
    }
    case command::reannounce: return handle.force_reannounce(0, -1, lt::torrent_handle::ignore_min_interval);
    case command::upload_only:
        return handle.set_flags(reader.get_flag() ? lt::torrent_flags::upload_mode : lt::torrent_flags_t{},
            lt::torrent_flags::upload_mode);
    }

    throw failure(error_kind::argument, "invalid_command", "an unknown command");
}

std::shared_ptr<lt::torrent_info const> require_metadata(lt::torrent_handle const& handle)
{
    auto info = handle.torrent_file();
    if (!info || !info->is_valid())
    {
        throw failure(error_kind::argument, "no_metadata", "the torrent's metadata has not arrived yet");
    }

    return info;
}

void run_query(engine& owner, torrent_record& record, query what, blob_writer& blob)
{
    lt::torrent_handle const& handle = record.handle;
    switch (what)
    {
    case query::pieces:
    {
        auto const pieces = handle.status(lt::torrent_handle::query_pieces).pieces;
        blob.put(static_cast<std::uint32_t>(pieces.size()));
        for (lt::piece_index_t const piece : pieces.range()) blob.put_flag(pieces[piece]);
        return;
    }
    case query::availability:
    {
        std::vector<int> counts;
        handle.piece_availability(counts);
        blob.put(static_cast<std::uint32_t>(counts.size()));
        for (int const count : counts) blob.put(static_cast<std::int32_t>(count));
        return;
    }
    case query::file_progress:
    {
        std::vector<std::int64_t> bytes;
        handle.file_progress(bytes);
        blob.put(static_cast<std::uint32_t>(bytes.size()));
        for (std::int64_t const done : bytes) blob.put(done);
        return;
    }
    case query::torrent_file:
    {
        require_metadata(handle);
        lt::add_torrent_params params;
        params.ti = handle.torrent_file_with_hashes();
        for (lt::announce_entry const& tracker : handle.trackers())
        {
            params.trackers.push_back(tracker.url);
            params.tracker_tiers.push_back(tracker.tier);
        }

        std::vector<char> const bytes
            = lt::write_torrent_file_buf(params, lt::write_flags::allow_missing_piece_layer);
        blob.put_raw(bytes.data(), bytes.size());
        return;
    }
    case query::info:
    {
        auto const section = require_metadata(handle)->info_section();
        blob.put_raw(section.data(), static_cast<std::size_t>(section.size()));
        return;
    }
    case query::peers:
        owner.run([&]
        {
            std::size_t const at = blob.size();
            std::uint32_t count = 0;
            blob.put(count);
            for (auto const& [id, weak] : owner.peers())
            {
                auto const peer = weak.lock();
                if (!peer || peer->torrent() != record.id || peer->connection().is_connecting()) continue;
                put_peer(blob, *peer);
                ++count;
            }

            blob.patch_count(at, count);
        });
        return;
    }

    throw failure(error_kind::argument, "invalid_query", "an unknown query");
}

} // namespace
} // namespace seedermesh

using namespace seedermesh;

SM_API int sm_torrent_add(sm_session* session, void const* options, std::int64_t size, sm_buffer** out)
{
    return guarded(out, error_kind::engine, [&]
    {
        blob_reader reader(options, static_cast<std::size_t>(size));
        lt::add_torrent_params params = read_source(reader);
        std::string save_path = reader.get_string();
        if (!save_path.empty()) params.save_path = std::move(save_path);
        read_flags(reader.get<std::uint32_t>(), params);
        params.upload_limit = reader.get<std::int32_t>();
        params.download_limit = reader.get<std::int32_t>();
        std::vector<lt::download_priority_t> priorities = params.file_priorities;
        read_priorities(reader, priorities);
        params.file_priorities = std::move(priorities);
        for (auto left = reader.get_count(); left > 0; --left)
        {
            params.trackers.push_back(reader.get_string());
            params.tracker_tiers.resize(params.trackers.size(), 0);
        }

        for (auto left = reader.get_count(); left > 0; --left) params.peers.push_back(read_endpoint(reader));

        auto record = std::make_shared<torrent_record>();
        record->dictionary = read_dictionary(reader.get_view());
        record->default_credit = reader.get<std::int64_t>();
        blob_writer blob;
        blob.put(session->engine->add(std::move(params), std::move(record)));
        give(out, blob);
    });
}

SM_API int sm_torrent_remove(sm_session* session, std::uint32_t torrent, int with_data, sm_buffer** out)
{
    return guarded(out, error_kind::engine, [&] { session->engine->remove(torrent, with_data != 0); });
}

SM_API int sm_torrent_command(sm_session* session, std::uint32_t torrent, int what, void const* arguments,
    std::int64_t size, sm_buffer** out)
{
    return guarded(out, error_kind::engine, [&]
    {
        blob_reader reader(arguments, static_cast<std::size_t>(size));
        auto const record = session->engine->record_of(torrent);
        run_command(*record, static_cast<command>(what), reader);
    });
}

SM_API int sm_torrent_query(sm_session* session, std::uint32_t torrent, int what, sm_buffer** out)
{
    return guarded(out, error_kind::engine, [&]
    {
        auto const record = session->engine->record_of(torrent);
        blob_writer blob;
        run_query(*session->engine, *record, static_cast<query>(what), blob);
        give(out, blob);
    });
}

SM_API int sm_torrents_status(sm_session* session, sm_buffer** out)
{
    return guarded(out, error_kind::engine, [&]
    {
        auto const all = session->engine->session().get_torrent_status(
            [](lt::torrent_status const&) { return true; },
            lt::torrent_handle::query_name | lt::torrent_handle::query_save_path
            | lt::torrent_handle::query_accurate_download_counters);
        blob_writer blob;
        blob.put(static_cast<std::uint32_t>(all.size()));
        for (lt::torrent_status const& status : all) put_status(blob, *session->engine, status);
        give(out, blob);
    });
}

SM_API int sm_torrent_extension(sm_session* session, std::uint32_t torrent, void const* dictionary, std::int64_t size,
    std::int64_t default_credit, sm_buffer** out)
{
    return guarded(out, error_kind::engine, [&]
    {
        std::vector<char> bytes
            = read_dictionary({static_cast<char const*>(dictionary), static_cast<std::size_t>(size)});
        auto const record = session->engine->record_of(torrent);
        std::lock_guard<std::mutex> const lock(record->mutex);
        record->dictionary = std::move(bytes);
        record->default_credit = default_credit;
    });
}
