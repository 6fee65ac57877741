#include "engine.h"

#include "metainfo.h"
#include "receipt_plugin.h"

#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/alert_types.hpp>
#include <libtorrent/extensions/smart_ban.hpp>
#include <libtorrent/extensions/ut_metadata.hpp>
#include <libtorrent/extensions/ut_pex.hpp>
#include <libtorrent/peer_class.hpp>
#include <libtorrent/session_params.hpp>
#include <libtorrent/settings_pack.hpp>
#include <libtorrent/write_resume_data.hpp>

namespace seedermesh {
namespace {

template <typename Alert>
void put_error(blob_writer& blob, Alert const& alert)
{
    blob.put_string(error_name(alert.error));
    blob.put_string(alert.error.message());
}

} // namespace

engine::engine(lt::session_params&& params, bool pex) : m_work(m_context.get_executor())
{
    m_session = std::make_unique<lt::session>(std::move(params), m_context);
    m_thread = std::thread([this] { run_network(); });
    try
    {
        m_session->add_extension(&lt::create_ut_metadata_plugin);
        m_session->add_extension(&lt::create_smart_ban_plugin);
        if (pex) m_session->add_extension(&lt::create_ut_pex_plugin);
        m_session->add_extension(std::make_shared<receipt_plugin>(*this));

        // Choking is the credit's business: no unchoke slots, so a paying peer never waits for one. And the rate
        // limits hold for peers of the local network too.
        lt::ip_filter everyone;
        everyone.add_rule(lt::make_address("0.0.0.0"), lt::make_address("255.255.255.255"), 1);
        everyone.add_rule(lt::make_address("::"), lt::make_address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), 1);
        m_session->set_peer_class_filter(everyone);
        lt::peer_class_info global = m_session->get_peer_class(lt::session::global_peer_class_id);
        global.ignore_unchoke_slots = true;
        m_session->set_peer_class(lt::session::global_peer_class_id, global);

        m_session->set_alert_notify([this] { boost::asio::post(m_context, [this] { drain_alerts(); }); });
    }
    catch (...)
    {
        stop();
        throw;
    }
}

engine::~engine()
{
    m_session->set_alert_notify({});
    stop();
}

void engine::stop()
{
    run([this] { m_closing = true; });  // from here on nothing on the network thread touches m_session

    // The proxy keeps libtorrent's session alive until its last handler has run: it must not be destroyed before.
    lt::session_proxy const proxy = m_session->abort();
    m_session.reset();
    m_work.reset();
    m_thread.join();
}

void engine::run_network() noexcept
{
    for (;;)
    {
        try
        {
            m_context.run();
            return;
        }
        catch (std::exception const&)  // NOLINT: one handler failed; the others go on
        {
        }
    }
}

void engine::push(event_kind kind, blob_writer& payload)
{
    drain_alerts();
    m_queue.push(kind, payload);
}

std::shared_ptr<torrent_record> engine::record_of(std::uint32_t torrent)
{
    std::lock_guard<std::mutex> const lock(m_mutex);
    auto const found = m_torrents.find(torrent);
    if (found == m_torrents.end())
    {
        throw failure(error_kind::argument, "invalid_torrent_handle", "the session has no such torrent");
    }

    return found->second;
}

std::uint32_t engine::add(lt::add_torrent_params&& params, std::shared_ptr<torrent_record> record)
{
    {
        std::lock_guard<std::mutex> const lock(m_mutex);
        record->id = ++m_last_torrent;
        m_torrents.emplace(record->id, record);
        m_ids.emplace(record.get(), record->id);
    }

    params.userdata = lt::client_data_t(record.get());
    try
    {
        lt::torrent_handle handle = m_session->add_torrent(std::move(params));
        std::lock_guard<std::mutex> const lock(m_mutex);
        record->handle = std::move(handle);
    }
    catch (...)
    {
        std::lock_guard<std::mutex> const lock(m_mutex);
        m_ids.erase(record.get());
        m_torrents.erase(record->id);
        throw;
    }

    return record->id;
}

void engine::remove(std::uint32_t torrent, bool with_data)
{
    auto const record = record_of(torrent);
    if (with_data)
    {
        lt::info_hash_t const hashes = record->handle.info_hashes();
        std::lock_guard<std::mutex> const lock(m_mutex);
        m_deleting[hashes.get_best()] = torrent;
    }

    m_session->remove_torrent(record->handle, with_data ? lt::session::delete_files : lt::remove_flags_t{});
}

std::shared_ptr<receipt_peer> engine::find_peer(std::uint64_t id)
{
    auto const found = m_peers.find(id);
    return found == m_peers.end() ? nullptr : found->second.lock();
}

std::uint32_t engine::id_of(lt::torrent_handle const& handle)
{
    auto* const record = handle.userdata().get<torrent_record>();
    std::lock_guard<std::mutex> const lock(m_mutex);
    auto const found = m_ids.find(record);
    return found == m_ids.end() ? 0 : found->second;
}

void engine::drain_alerts()
{
    if (m_closing) return;
    m_session->pop_alerts(&m_alerts);
    for (lt::alert const* const alert : m_alerts)
    {
        try
        {
            on_alert(alert);
        }
        catch (std::exception const&)  // NOLINT: a torrent that has just gone away
        {
        }
    }
}

void engine::on_alert(lt::alert const* alert)
{
    blob_writer blob;
    auto const push_torrent = [&](event_kind kind, lt::torrent_handle const& handle)
    {
        std::uint32_t const id = id_of(handle);
        if (id == 0) return;
        blob_writer event;
        event.put(id);
        event.put_raw(blob.bytes().data(), blob.size());
        m_queue.push(kind, event);
    };

    if (auto const* added = lt::alert_cast<lt::add_torrent_alert>(alert))
    {
        if (!added->error) push_torrent(event_kind::torrent_added, added->handle);
    }
    else if (auto const* removed = lt::alert_cast<lt::torrent_removed_alert>(alert))
    {
        auto* const record = removed->userdata.get<torrent_record>();
        blob.put(record->id);
        m_queue.push(event_kind::torrent_removed, blob);
        std::lock_guard<std::mutex> const lock(m_mutex);
        m_ids.erase(record);
        m_torrents.erase(record->id);
    }
    else if (lt::alert_cast<lt::torrent_deleted_alert>(alert) || lt::alert_cast<lt::torrent_delete_failed_alert>(alert))
    {
        auto const* failed = lt::alert_cast<lt::torrent_delete_failed_alert>(alert);
        auto const* deleted = lt::alert_cast<lt::torrent_deleted_alert>(alert);
        lt::sha1_hash const hash = (failed ? failed->info_hashes : deleted->info_hashes).get_best();
        {
            std::lock_guard<std::mutex> const lock(m_mutex);
            auto const found = m_deleting.find(hash);
            if (found == m_deleting.end()) return;
            blob.put(found->second);
            m_deleting.erase(found);
        }

        blob.put_string(failed && failed->error ? failed->error.message() : "");
        m_queue.push(event_kind::torrent_deleted, blob);
    }
    else if (auto const* metadata = lt::alert_cast<lt::metadata_received_alert>(alert))
    {
        // Names that differ only in case stay what they are.
        if (auto const info = metadata->handle.torrent_file())
        {
            lt::torrent_info original(*info);
            restore_case_variants(original);
            for (lt::file_index_t const index : info->files().file_range())
            {
                std::string const path = original.files().file_path(index);
                if (path != info->files().file_path(index)) metadata->handle.rename_file(index, path);
            }
        }

        push_torrent(event_kind::metadata_received, metadata->handle);
    }
    else if (auto const* finished = lt::alert_cast<lt::torrent_finished_alert>(alert))
    {
        push_torrent(event_kind::torrent_finished, finished->handle);
    }
    else if (auto const* checked = lt::alert_cast<lt::torrent_checked_alert>(alert))
    {
        push_torrent(event_kind::torrent_checked, checked->handle);
    }
    else if (auto const* error = lt::alert_cast<lt::torrent_error_alert>(alert))
    {
        put_error(blob, *error);
        blob.put_string(error->filename());
        push_torrent(event_kind::torrent_error, error->handle);
    }
    else if (auto const* file = lt::alert_cast<lt::file_error_alert>(alert))
    {
        put_error(blob, *file);
        blob.put_string(file->filename());
        push_torrent(event_kind::file_error, file->handle);
    }
    else if (auto const* rejected = lt::alert_cast<lt::metadata_failed_alert>(alert))
    {
        put_error(blob, *rejected);
        blob.put_string("metadata");
        push_torrent(event_kind::torrent_error, rejected->handle);
    }
    else if (auto const* saved = lt::alert_cast<lt::save_resume_data_alert>(alert))
    {
        std::vector<char> const bytes = lt::write_resume_data_buf(saved->params);
        blob.put_string(std::string_view(bytes.data(), bytes.size()));
        push_torrent(event_kind::resume_data, saved->handle);
    }
    else if (auto const* unsaved = lt::alert_cast<lt::save_resume_data_failed_alert>(alert))
    {
        put_error(blob, *unsaved);
        push_torrent(event_kind::resume_data_failed, unsaved->handle);
    }
    else if (auto const* tracker = lt::alert_cast<lt::tracker_error_alert>(alert))
    {
        blob.put_string(tracker->tracker_url());
        blob.put_string(*tracker->failure_reason() != 0 ? tracker->failure_reason() : tracker->error.message());
        push_torrent(event_kind::tracker_error, tracker->handle);
    }
    else if (auto const* reply = lt::alert_cast<lt::tracker_reply_alert>(alert))
    {
        blob.put_string(reply->tracker_url());
        blob.put(static_cast<std::int32_t>(reply->num_peers));
        push_torrent(event_kind::tracker_reply, reply->handle);
    }
    else if (auto const* listening = lt::alert_cast<lt::listen_succeeded_alert>(alert))
    {
        blob.put_string(listening->address.to_string());
        blob.put(static_cast<std::uint16_t>(listening->port));
        blob.put_flag(listening->socket_type == lt::socket_type_t::utp);
        m_queue.push(event_kind::listen_succeeded, blob);
    }
    else if (auto const* deaf = lt::alert_cast<lt::listen_failed_alert>(alert))
    {
        blob.put_string(deaf->listen_interface());
        blob.put_string(deaf->error.message());
        m_queue.push(event_kind::listen_failed, blob);
    }
    else if (auto const* state = lt::alert_cast<lt::state_changed_alert>(alert))
    {
        put_state(blob, state->state);
        push_torrent(event_kind::state_changed, state->handle);
    }
    else if (auto const* paused = lt::alert_cast<lt::torrent_paused_alert>(alert))
    {
        push_torrent(event_kind::torrent_paused, paused->handle);
    }
    else if (auto const* resumed = lt::alert_cast<lt::torrent_resumed_alert>(alert))
    {
        push_torrent(event_kind::torrent_resumed, resumed->handle);
    }
    else if (lt::alert_cast<lt::alerts_dropped_alert>(alert))
    {
        m_queue.push(event_kind::alerts_dropped, blob);
    }
}

} // namespace seedermesh
