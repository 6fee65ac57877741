// The BEP 10 extension `sm_receipt`: opaque messages, an upload credit for each peer, and which peer delivered which
// block. All of it runs on libtorrent's network thread: copy, queue, return.
#pragma once

#include "engine.h"

#include <libtorrent/extensions.hpp>
#include <libtorrent/peer_connection_handle.hpp>
#include <libtorrent/peer_info.hpp>
#include <libtorrent/peer_request.hpp>
#include <libtorrent/torrent_info.hpp>

#include <array>
#include <unordered_set>

namespace seedermesh {

constexpr int message_bytes_max = 64 * 1024;
constexpr int dictionary_bytes_max = 8 * 1024;
// What one peer may have waiting for our reader.
constexpr std::size_t peer_queue_bytes_max = 1024 * 1024;
constexpr int block_bytes = 16 * 1024;

// One block, as a key of sets and maps.
inline std::uint64_t key_of(lt::peer_request const& request)
{
    return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(static_cast<int>(request.piece))) << 32)
        | static_cast<std::uint32_t>(request.start);
}

inline void put_big_endian(std::vector<char>& bytes, std::uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>((value >> shift) & 0xff));
}

class receipt_torrent final : public lt::torrent_plugin, public std::enable_shared_from_this<receipt_torrent>
{
public:
    receipt_torrent(engine& owner, std::shared_ptr<torrent_record> record, lt::torrent_handle handle)
        : m_engine(owner), m_record(std::move(record)), m_handle(std::move(handle)) {}

    std::shared_ptr<lt::peer_plugin> new_connection(lt::peer_connection_handle const& connection) override;
    void on_piece_pass(lt::piece_index_t piece) override;
    void on_piece_failed(lt::piece_index_t piece) override;

    // The first deliverer of a block that passes has it.
    void delivered(std::uint64_t peer, lt::peer_request const& request);

    // Bytes of file content in a request: padding to a piece boundary is nobody's. 0 for a request out of range.
    int content_bytes(lt::peer_request const& request);

    torrent_record& record() { return *m_record; }

private:
    struct block
    {
        std::uint64_t peer = 0;
        bool is_from_failed_piece = false;
    };

    lt::torrent_info const* layout();
    int content_size(lt::piece_index_t piece);

    engine& m_engine;
    std::shared_ptr<torrent_record> m_record;
    lt::torrent_handle m_handle;
    std::shared_ptr<lt::torrent_info const> m_layout;
    std::unordered_map<int, std::vector<block>> m_blocks;
};

class receipt_peer final : public lt::peer_plugin, public std::enable_shared_from_this<receipt_peer>
{
public:
    receipt_peer(engine& owner, std::shared_ptr<receipt_torrent> torrent, lt::peer_connection_handle connection);

    // Orders from C#.
    void send(std::vector<char> const& payload);
    void set_credit(std::int64_t credit);
    void disconnect(lt::error_code const& reason);

    std::uint64_t id() const { return m_id; }
    std::uint32_t torrent() const;
    bool speaks() const { return m_remote_message != 0; }
    std::int64_t credit() const { return m_credit; }
    std::int64_t uploaded() const { return m_uploaded; }
    bool is_exhausted() const { return m_exhausted; }
    lt::peer_connection_handle const& connection() const { return m_connection; }
    void announce();

    // libtorrent's hooks.
    lt::string_view type() const override { return "sm_receipt"; }
    void add_handshake(lt::entry& handshake) override;
    bool on_handshake(lt::span<char const> reserved) override;
    bool on_extension_handshake(lt::bdecode_node const& handshake) override;
    bool on_extended(int length, int message, lt::span<char const> body) override;
    void sent_request(lt::peer_request const& request) override;
    bool on_piece(lt::peer_request const& request, lt::span<char const> data) override;
    bool on_reject(lt::peer_request const& request) override;
    bool on_choke() override;
    bool on_request(lt::peer_request const& request) override;
    bool on_cancel(lt::peer_request const& request) override;
    void sent_piece(lt::peer_request const& request) override;
    void sent_reject_request(lt::peer_request const& request) override;
    void sent_choke() override;
    void sent_unchoke() override;
    bool can_disconnect(lt::error_code const& reason) override;
    void on_disconnect(lt::error_code const& reason) override;
    void tick() override;

private:
    bool has_room(std::int64_t bytes) const
    {
        return m_credit == credit_unlimited || m_uploaded + m_pending_bytes + bytes <= m_credit;
    }

    void exhaust();
    void choke_when_drained();
    void choke_when_stalled();
    void choke_now();
    void reject_held();
    void forget(lt::peer_request const& request);
    void report_uploaded();

    engine& m_engine;
    std::shared_ptr<receipt_torrent> m_torrent;
    lt::peer_connection_handle m_connection;
    std::uint64_t const m_id;
    std::array<char, 16> m_nonce;
    bool m_announced = false;
    bool m_supports_fast = false;
    std::uint8_t m_remote_message = 0;

    std::uint64_t m_queue_taken = 0;
    std::size_t m_queued_bytes = 0;

    std::unordered_set<std::uint64_t> m_requested;  // asked of this peer, not delivered yet

    std::int64_t m_credit;
    std::int64_t m_uploaded = 0;
    std::int64_t m_reported = 0;
    std::int64_t m_pending_bytes = 0;  // accepted, not sent yet
    std::unordered_map<std::uint64_t, int> m_pending;
    std::vector<lt::peer_request> m_held;  // asked for beyond the credit
    bool m_exhausted = false;
    int m_ticks_exhausted = 0;
    int m_ticks_redundant = 0;  // since libtorrent first wanted to close the connection as useless
};

class receipt_plugin final : public lt::plugin
{
public:
    explicit receipt_plugin(engine& owner) : m_engine(owner) {}

    std::shared_ptr<lt::torrent_plugin> new_torrent(lt::torrent_handle const& handle, lt::client_data_t data) override;

private:
    engine& m_engine;
};

} // namespace seedermesh
