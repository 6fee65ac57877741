// One libtorrent session, its network thread, its torrents and the peers that the receipt extension sees.
#pragma once

#include "events.h"
#include "guard.h"

#include <libtorrent/alert.hpp>
#include <libtorrent/io_context.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/torrent_handle.hpp>
#include <libtorrent/torrent_status.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <unordered_map>

namespace seedermesh {

class receipt_peer;

constexpr std::int64_t credit_unlimited = -1;

// What C# says about a torrent; libtorrent carries a pointer to it as user data.
struct torrent_record
{
    std::uint32_t id = 0;
    lt::torrent_handle handle;
    std::mutex mutex;
    std::vector<char> dictionary;  // bencoded `sm`, without the nonce
    std::atomic<std::int64_t> default_credit{credit_unlimited};
};

// C#: TorrentState. libtorrent's numbers, but for 7: its 6 is not used any more.
inline void put_state(blob_writer& blob, lt::torrent_status::state_t state)
{
    blob.put(static_cast<std::uint8_t>(state == lt::torrent_status::checking_resume_data ? 6 : state));
}

class engine
{
public:
    explicit engine(lt::session_params&& params, bool pex);
    ~engine();
    engine(engine const&) = delete;
    engine& operator=(engine const&) = delete;

    lt::session& session() { return *m_session; }
    event_queue& queue() { return m_queue; }

    // In the order of what happened: alerts that libtorrent has posted so far come first. Network thread only.
    void push(event_kind kind, blob_writer& payload);

    std::shared_ptr<torrent_record> record_of(std::uint32_t torrent);
    std::uint32_t add(lt::add_torrent_params&& params, std::shared_ptr<torrent_record> record);
    void remove(std::uint32_t torrent, bool with_data);
    // 0 for a torrent that is gone.
    std::uint32_t id_of(lt::torrent_handle const& handle);

    // Network thread only.
    std::uint64_t next_peer() { return ++m_last_peer; }
    void register_peer(std::uint64_t id, std::weak_ptr<receipt_peer> peer) { m_peers[id] = std::move(peer); }
    void forget_peer(std::uint64_t id) { m_peers.erase(id); }
    std::shared_ptr<receipt_peer> find_peer(std::uint64_t id);
    std::unordered_map<std::uint64_t, std::weak_ptr<receipt_peer>> const& peers() const { return m_peers; }

    // Runs on the network thread, later; an exception there ends in nothing.
    template <typename Body>
    void post(Body body)
    {
        boost::asio::post(m_context, [body = std::move(body)]() mutable
        {
            try
            {
                body();
            }
            catch (std::exception const&)  // NOLINT: a peer or torrent that has just gone away
            {
            }
        });
    }

    // Runs on the network thread and waits for it. Never call it there.
    template <typename Body>
    auto run(Body body) -> decltype(body())
    {
        std::packaged_task<decltype(body())()> task(std::move(body));
        auto result = task.get_future();
        boost::asio::post(m_context, [&task] { task(); });
        return result.get();
    }

private:
    void drain_alerts();
    void on_alert(lt::alert const* alert);
    void run_network() noexcept;
    void stop();

    lt::io_context m_context{1};
    boost::asio::executor_work_guard<lt::io_context::executor_type> m_work;
    event_queue m_queue;
    std::unordered_map<std::uint64_t, std::weak_ptr<receipt_peer>> m_peers;
    std::uint64_t m_last_peer = 0;
    std::vector<lt::alert*> m_alerts;
    bool m_closing = false;  // network thread only

    std::mutex m_mutex;  // guards the four below
    std::unordered_map<std::uint32_t, std::shared_ptr<torrent_record>> m_torrents;
    std::unordered_map<torrent_record const*, std::uint32_t> m_ids;
    std::unordered_map<lt::sha1_hash, std::uint32_t> m_deleting;
    std::uint32_t m_last_torrent = 0;

    std::unique_ptr<lt::session> m_session;
    std::thread m_thread;
};

} // namespace seedermesh

struct sm_session
{
    std::unique_ptr<seedermesh::engine> engine;
};
