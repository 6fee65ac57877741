// Opening and steering a session.
#include "engine.h"
#include "ordered_disk_io.h"
#include "receipt_plugin.h"

#include <libtorrent/alert.hpp>
#include <libtorrent/session_params.hpp>
#include <libtorrent/session_stats.hpp>
#include <libtorrent/settings_pack.hpp>

#include <limits>

namespace seedermesh {
namespace {

constexpr int alert_queue_max = 100'000;
constexpr int metadata_bytes_max = 64 * 1024 * 1024;

// What may change while the session runs.
void read_limits(blob_reader& reader, lt::settings_pack& settings)
{
    settings.set_int(lt::settings_pack::upload_rate_limit, reader.get<std::int32_t>());
    settings.set_int(lt::settings_pack::download_rate_limit, reader.get<std::int32_t>());
    settings.set_int(lt::settings_pack::connections_limit, reader.get<std::int32_t>());
}

void read_network(blob_reader& reader, lt::settings_pack& settings)
{
    settings.set_str(lt::settings_pack::listen_interfaces, reader.get_string());
    std::string const agent = reader.get_string();
    settings.set_str(lt::settings_pack::user_agent, agent);
    settings.set_str(lt::settings_pack::handshake_client_version, agent);
    settings.set_bool(lt::settings_pack::enable_dht, reader.get_flag());
    settings.set_bool(lt::settings_pack::enable_lsd, reader.get_flag());
    settings.set_bool(lt::settings_pack::enable_upnp, reader.get_flag());
    settings.set_bool(lt::settings_pack::enable_natpmp, reader.get_flag());
    bool const utp = reader.get_flag();
    settings.set_bool(lt::settings_pack::enable_incoming_utp, utp);
    settings.set_bool(lt::settings_pack::enable_outgoing_utp, utp);
    auto const encryption = reader.get<std::uint8_t>();
    int const policy = encryption == 0 ? lt::settings_pack::pe_disabled
        : encryption == 1 ? lt::settings_pack::pe_enabled : lt::settings_pack::pe_forced;
    settings.set_int(lt::settings_pack::in_enc_policy, policy);
    settings.set_int(lt::settings_pack::out_enc_policy, policy);
    settings.set_int(lt::settings_pack::allowed_enc_level, lt::settings_pack::pe_both);
    settings.set_bool(lt::settings_pack::allow_multiple_connections_per_ip, reader.get_flag());
    settings.set_str(lt::settings_pack::dht_bootstrap_nodes, reader.get_string());
}

void set_constants(lt::settings_pack& settings)
{
    settings.set_int(lt::settings_pack::alert_mask, static_cast<int>(static_cast<std::uint32_t>(
        lt::alert_category::error | lt::alert_category::status | lt::alert_category::storage
        | lt::alert_category::tracker)));
    settings.set_int(lt::settings_pack::alert_queue_size, alert_queue_max);
    settings.set_int(lt::settings_pack::max_metadata_size, metadata_bytes_max);
    settings.set_int(lt::settings_pack::metadata_token_limit, 12'000'000);
    settings.set_int(lt::settings_pack::max_piece_count, 0x200000);
    settings.set_str(lt::settings_pack::peer_fingerprint, "-SM0100-");

    // Never map files into memory. Mapping makes libtorrent install process-wide SIGSEGV and SIGBUS handlers that do
    // not chain: afterwards a null reference in .NET code, which the runtime turns into an exception by way of SIGSEGV,
    // would end the process. Reads and writes by system call are as fast here.
    settings.set_int(lt::settings_pack::mmap_file_size_cutoff, std::numeric_limits<int>::max());

    // Pieces that a choked peer may fetch would go past the credit.
    settings.set_int(lt::settings_pack::allowed_fast_set_size, 0);
    settings.set_int(lt::settings_pack::unchoke_slots_limit, -1);

    // Measured over loopback with two shared cores: larger buffers keep the disk and the socket apart.
    settings.set_int(lt::settings_pack::send_buffer_watermark, 4 * 1024 * 1024);
    settings.set_int(lt::settings_pack::send_buffer_low_watermark, 512 * 1024);
    settings.set_int(lt::settings_pack::send_buffer_watermark_factor, 150);
    settings.set_int(lt::settings_pack::max_queued_disk_bytes, 32 * 1024 * 1024);
    settings.set_int(lt::settings_pack::request_queue_time, 3);
    settings.set_int(lt::settings_pack::max_out_request_queue, 1500);
    settings.set_int(lt::settings_pack::connection_speed, 100);
    // A tracker's own interval counts: libtorrent's floor of five minutes would hide this peer for so long after a tracker was restarted.
    settings.set_int(lt::settings_pack::min_announce_interval, 5);

    // A seeder that restarts is found again in seconds, not minutes: 5 s after the first failure, then 10 s.
    settings.set_int(lt::settings_pack::min_reconnect_time, 5);
    settings.set_int(lt::settings_pack::max_failcount, 20);
}

} // namespace
} // namespace seedermesh

using namespace seedermesh;

SM_API int sm_session_open(void const* options, std::int64_t size, sm_session** session, sm_buffer** out)
{
    *session = nullptr;
    return guarded(out, error_kind::engine, [&]
    {
        blob_reader reader(options, static_cast<std::size_t>(size));
        lt::settings_pack settings;
        set_constants(settings);
        read_limits(reader, settings);
        read_network(reader, settings);
        bool const pex = reader.get_flag();
        auto const aio_threads = reader.get<std::int32_t>();
        auto const hashing_threads = reader.get<std::int32_t>();
        if (aio_threads > 0) settings.set_int(lt::settings_pack::aio_threads, aio_threads);
        if (hashing_threads > 0) settings.set_int(lt::settings_pack::hashing_threads, hashing_threads);
        std::string_view const state = reader.get_view();

        lt::session_params params(std::move(settings), {});
        params.disk_io_constructor = ordered_disk_io;
        if (!state.empty())
        {
            lt::session_params const saved = lt::read_session_params(
                lt::span<char const>(state.data(), static_cast<std::ptrdiff_t>(state.size())),
                lt::session_handle::save_dht_state);
            params.dht_state = saved.dht_state;
        }

        auto created = std::make_unique<sm_session>();
        created->engine = std::make_unique<engine>(std::move(params), pex);
        *session = created.release();
    });
}

SM_API void sm_session_close(sm_session* session) { delete session; }

SM_API int sm_session_apply(sm_session* session, void const* options, std::int64_t size, sm_buffer** out)
{
    return guarded(out, error_kind::engine, [&]
    {
        blob_reader reader(options, static_cast<std::size_t>(size));
        lt::settings_pack settings;
        read_limits(reader, settings);
        session->engine->session().apply_settings(std::move(settings));
    });
}

SM_API int sm_session_next(sm_session* session, int timeout_ms, sm_buffer** out)
{
    return guarded(out, error_kind::engine, [&]
    {
        *out = new sm_buffer{session->engine->queue().take(std::chrono::milliseconds(timeout_ms))};
    });
}

SM_API void sm_session_wake(sm_session* session) { session->engine->queue().wake(); }

SM_API int sm_session_totals(sm_session* session, sm_buffer** out)
{
    return guarded(out, error_kind::engine, [&]
    {
        lt::session& lts = session->engine->session();
        std::int64_t uploaded = 0;
        std::int64_t downloaded = 0;
        std::int32_t upload_rate = 0;
        std::int32_t download_rate = 0;
        std::int32_t torrents = 0;
        std::int32_t peers = 0;
        for (lt::torrent_status const& status
            : lts.get_torrent_status([](lt::torrent_status const&) { return true; }, {}))
        {
            uploaded += status.total_payload_upload;
            downloaded += status.total_payload_download;
            upload_rate += status.upload_payload_rate;
            download_rate += status.download_payload_rate;
            peers += status.num_peers;
            ++torrents;
        }

        blob_writer blob;
        blob.put(uploaded);
        blob.put(downloaded);
        blob.put(upload_rate);
        blob.put(download_rate);
        blob.put(torrents);
        blob.put(peers);
        blob.put(static_cast<std::uint16_t>(lts.listen_port()));
        blob.put_flag(lts.is_dht_running());
        give(out, blob);
    });
}

SM_API int sm_session_state(sm_session* session, sm_buffer** out)
{
    return guarded(out, error_kind::engine, [&]
    {
        lt::session_params const state = session->engine->session().session_state(lt::session_handle::save_dht_state);
        *out = new sm_buffer{lt::write_session_params_buf(state, lt::session_handle::save_dht_state)};
    });
}

SM_API int sm_peer_send(
    sm_session* session, std::uint64_t peer, void const* payload, std::int64_t size, sm_buffer** out)
{
    return guarded(out, error_kind::engine, [&]
    {
        if (size < 1 || size > message_bytes_max - 2)
        {
            throw failure(error_kind::argument, "packet_too_large", "a message has 1 to 65,534 bytes");
        }

        auto const* const bytes = static_cast<char const*>(payload);
        engine* const owner = session->engine.get();
        owner->post([owner, peer, message = std::vector<char>(bytes, bytes + size)]
        {
            if (auto const target = owner->find_peer(peer)) target->send(message);
        });
    });
}

SM_API int sm_peer_credit(sm_session* session, std::uint64_t peer, std::int64_t credit, sm_buffer** out)
{
    return guarded(out, error_kind::engine, [&]
    {
        engine* const owner = session->engine.get();
        owner->post([owner, peer, credit]
        {
            if (auto const target = owner->find_peer(peer)) target->set_credit(credit);
        });
    });
}

SM_API int sm_peer_disconnect(sm_session* session, std::uint64_t peer, sm_buffer** out)
{
    return guarded(out, error_kind::engine, [&]
    {
        engine* const owner = session->engine.get();
        owner->post([owner, peer]
        {
            if (auto const target = owner->find_peer(peer)) target->disconnect(lt::errors::stopping_torrent);
        });
    });
}
