#include "receipt_plugin.h"

#include <libtorrent/bdecode.hpp>
#include <libtorrent/bencode.hpp>
#include <libtorrent/entry.hpp>

#include <algorithm>
#include <map>

#include <sys/random.h>

namespace seedermesh {
namespace {

constexpr char extension_name[] = "sm_receipt";
// Ours, for messages to us; the peer names its own. Clear of libtorrent's (1 to 8).
constexpr int local_message = 21;
constexpr char extended_message = 20;
// Seconds that a connection without further use stays open for receipts.
constexpr int redundant_ticks_max = 60;
constexpr std::size_t requested_max = 16 * 1024;

} // namespace

std::shared_ptr<lt::torrent_plugin> receipt_plugin::new_torrent(
    lt::torrent_handle const& handle, lt::client_data_t data)
{
    auto* const record = data.get<torrent_record>();
    if (record == nullptr) return {};
    return std::make_shared<receipt_torrent>(m_engine, m_engine.record_of(record->id), handle);
}

std::shared_ptr<lt::peer_plugin> receipt_torrent::new_connection(lt::peer_connection_handle const& connection)
{
    auto peer = std::make_shared<receipt_peer>(m_engine, shared_from_this(), connection);
    m_engine.register_peer(peer->id(), peer);
    if (connection.type() != lt::connection_type::bittorrent) peer->announce();
    return peer;
}

lt::torrent_info const* receipt_torrent::layout()
{
    if (!m_layout) m_layout = m_handle.torrent_file();
    return m_layout && m_layout->is_valid() ? m_layout.get() : nullptr;
}

int receipt_torrent::content_size(lt::piece_index_t piece)
{
    lt::torrent_info const* const info = layout();
    if (info == nullptr || piece < lt::piece_index_t(0) || piece >= info->end_piece()) return 0;
    return info->info_hashes().has_v2() ? info->files().piece_size2(piece) : info->piece_size(piece);
}

int receipt_torrent::content_bytes(lt::peer_request const& request)
{
    if (request.start < 0 || request.length <= 0 || request.length > block_bytes) return 0;
    return std::clamp(content_size(request.piece) - request.start, 0, request.length);
}

void receipt_torrent::delivered(std::uint64_t peer, lt::peer_request const& request)
{
    int const size = content_size(request.piece);
    if (request.start < 0 || request.start >= size || request.start % block_bytes != 0) return;

    std::vector<block>& blocks = m_blocks[static_cast<int>(request.piece)];
    if (blocks.empty()) blocks.resize(static_cast<std::size_t>((size + block_bytes - 1) / block_bytes));
    block& delivered = blocks[static_cast<std::size_t>(request.start / block_bytes)];
    if (delivered.peer == 0 || delivered.is_from_failed_piece) delivered = {peer, false};
}

void receipt_torrent::on_piece_pass(lt::piece_index_t piece)
{
    int const size = content_size(piece);
    std::map<std::uint64_t, std::uint32_t> shares;
    auto const found = m_blocks.find(static_cast<int>(piece));
    if (found != m_blocks.end())
    {
        for (std::size_t i = 0; i < found->second.size(); ++i)
        {
            int const bytes = std::min(block_bytes, size - static_cast<int>(i) * block_bytes);
            std::uint64_t const peer = found->second[i].peer;
            if (peer != 0) shares[peer] += static_cast<std::uint32_t>(bytes);
        }

        m_blocks.erase(found);
    }

    blob_writer blob;
    blob.put(m_record->id);
    blob.put(static_cast<std::int32_t>(static_cast<int>(piece)));
    blob.put(static_cast<std::int32_t>(size));
    blob.put(static_cast<std::uint32_t>(shares.size()));
    for (auto const& [peer, bytes] : shares)
    {
        blob.put(peer);
        blob.put(bytes);
    }

    m_engine.push(event_kind::piece_passed, blob);
}

void receipt_torrent::on_piece_failed(lt::piece_index_t piece)
{
    // With v2 block hashes libtorrent fetches only the blocks that were bad: the others keep their deliverer,
    // and whoever delivers one anew takes it over.
    auto const found = m_blocks.find(static_cast<int>(piece));
    if (found != m_blocks.end())
    {
        for (block& delivered : found->second) delivered.is_from_failed_piece = true;
    }

    blob_writer blob;
    blob.put(m_record->id);
    blob.put(static_cast<std::int32_t>(static_cast<int>(piece)));
    m_engine.push(event_kind::piece_failed, blob);
}

receipt_peer::receipt_peer(engine& owner, std::shared_ptr<receipt_torrent> torrent,
    lt::peer_connection_handle connection)
    : m_engine(owner), m_torrent(std::move(torrent)), m_connection(std::move(connection)), m_id(owner.next_peer()),
      m_credit(m_torrent->record().default_credit.load())
{
    if (::getrandom(m_nonce.data(), m_nonce.size(), 0) != static_cast<ssize_t>(m_nonce.size()))
    {
        throw std::runtime_error("the system has no random bytes");  // libtorrent closes the connection
    }
}

std::uint32_t receipt_peer::torrent() const { return m_torrent->record().id; }

void receipt_peer::announce()
{
    if (m_announced) return;
    m_announced = true;
    blob_writer blob;
    blob.put(m_id);
    blob.put(torrent());
    blob.put_string(m_connection.remote().address().to_string());
    blob.put(static_cast<std::uint16_t>(m_connection.remote().port()));
    blob.put_flag(m_connection.is_outgoing());
    blob.put_flag(m_connection.type() != lt::connection_type::bittorrent);
    blob.put_raw(m_nonce.data(), m_nonce.size());
    m_engine.push(event_kind::peer_connected, blob);
}

void receipt_peer::add_handshake(lt::entry& handshake)
{
    torrent_record& record = m_torrent->record();
    std::vector<char> bytes;
    {
        std::lock_guard<std::mutex> const lock(record.mutex);
        bytes = record.dictionary;
    }

    if (bytes.empty()) return;  // this torrent does not take part
    lt::error_code ec;
    lt::bdecode_node const node = lt::bdecode(bytes, ec);
    if (ec || node.type() != lt::bdecode_node::dict_t) return;
    lt::entry dictionary(node);
    dictionary["n"] = std::string(m_nonce.data(), m_nonce.size());
    handshake["m"][extension_name] = local_message;
    handshake["sm"] = dictionary;
}

bool receipt_peer::on_handshake(lt::span<char const> reserved)
{
    m_supports_fast = (reserved[7] & 0x04) != 0;
    announce();
    if ((reserved[5] & 0x10) == 0)
    {
        blob_writer blob;
        blob.put(m_id);
        blob.put(torrent());
        blob.put_flag(false);
        blob.put_string("");
        blob.put_string("");
        m_engine.push(event_kind::peer_handshake, blob);
    }

    // Always stay attached: the credit and the attribution concern peers without the extension too.
    return true;
}

bool receipt_peer::on_extension_handshake(lt::bdecode_node const& handshake)
{
    if (handshake.type() != lt::bdecode_node::dict_t) return true;
    std::int64_t message = 0;
    if (lt::bdecode_node const names = handshake.dict_find_dict("m"); names)
    {
        message = names.dict_find_int_value(extension_name, 0);
    }

    lt::span<char const> dictionary;
    if (lt::bdecode_node const own = handshake.dict_find_dict("sm"); own) dictionary = own.data_section();
    bool const speaks = message > 0 && message < 256 && dictionary.size() > 0
        && dictionary.size() <= dictionary_bytes_max;
    m_remote_message = speaks ? static_cast<std::uint8_t>(message) : 0;

    lt::string_view const client = handshake.dict_find_string_value("v");
    blob_writer blob;
    blob.put(m_id);
    blob.put(torrent());
    blob.put_flag(speaks);
    blob.put_string(printable(std::string_view(client.data(), std::min<std::size_t>(client.size(), 64))));
    blob.put_string(speaks ? std::string_view(dictionary.data(), static_cast<std::size_t>(dictionary.size())) : "");
    m_engine.push(event_kind::peer_handshake, blob);
    return true;
}

bool receipt_peer::on_extended(int length, int message, lt::span<char const> body)
{
    if (message != local_message) return false;
    if (length > message_bytes_max)
    {
        disconnect(lt::errors::packet_too_large);
        return true;
    }

    // Called again as the message grows; and a peer that did not introduce itself is not listened to.
    if (body.size() < length || m_remote_message == 0) return true;

    std::uint64_t const taken = m_engine.queue().taken();
    if (taken != m_queue_taken) m_queued_bytes = 0;
    m_queue_taken = taken;
    m_queued_bytes += static_cast<std::size_t>(body.size()) + 32;
    if (m_queued_bytes > peer_queue_bytes_max || m_engine.queue().is_full())
    {
        disconnect(lt::errors::packet_too_large);
        return true;
    }

    blob_writer blob;
    blob.put(m_id);
    blob.put(torrent());
    blob.put_string(std::string_view(body.data(), static_cast<std::size_t>(body.size())));
    m_engine.push(event_kind::peer_message, blob);
    return true;
}

void receipt_peer::send(std::vector<char> const& payload)
{
    if (m_remote_message == 0 || m_connection.is_disconnecting()) return;
    std::vector<char> bytes;
    bytes.reserve(payload.size() + 6);
    put_big_endian(bytes, static_cast<std::uint32_t>(payload.size() + 2));
    bytes.push_back(extended_message);
    bytes.push_back(static_cast<char>(m_remote_message));
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    m_connection.send_buffer(bytes.data(), static_cast<int>(bytes.size()));
}

void receipt_peer::disconnect(lt::error_code const& reason)
{
    if (!m_connection.is_disconnecting()) m_connection.disconnect(reason, lt::operation_t::bittorrent);
}

void receipt_peer::sent_request(lt::peer_request const& request)
{
    // Far above libtorrent's own queue: only blocks that it gave up on pile up here.
    if (m_requested.size() >= requested_max) m_requested.clear();
    m_requested.insert(key_of(request));
}

bool receipt_peer::on_piece(lt::peer_request const& request, lt::span<char const>)
{
    // Only what was asked of this peer counts: libtorrent throws an unrequested block away.
    if (request.length > 0 && m_requested.erase(key_of(request)) > 0) m_torrent->delivered(m_id, request);
    return false;
}

bool receipt_peer::on_reject(lt::peer_request const& request)
{
    m_requested.erase(key_of(request));
    return false;
}

bool receipt_peer::on_choke()
{
    if (!m_supports_fast) m_requested.clear();
    return false;
}

bool receipt_peer::can_disconnect(lt::error_code const& reason)
{
    // Two peers that have everything part at once; but the last receipts are still to be sent and acknowledged.
    bool const is_redundant = reason == lt::errors::upload_upload_connection
        || reason == lt::errors::uninteresting_upload_peer || reason == lt::errors::torrent_finished;
    if (!is_redundant || m_remote_message == 0 || m_ticks_redundant > redundant_ticks_max) return true;
    if (m_ticks_redundant == 0) m_ticks_redundant = 1;
    return false;
}

void receipt_peer::on_disconnect(lt::error_code const& reason)
{
    report_uploaded();
    m_engine.forget_peer(m_id);
    if (!m_announced) return;
    m_announced = false;
    blob_writer blob;
    blob.put(m_id);
    blob.put(torrent());
    blob.put(m_uploaded);
    blob.put_string(error_name(reason));
    m_engine.push(event_kind::peer_disconnected, blob);
}

void receipt_peer::tick()
{
    report_uploaded();
    choke_when_stalled();
    if (m_ticks_redundant > 0 && ++m_ticks_redundant > redundant_ticks_max)
    {
        disconnect(lt::errors::upload_upload_connection);
    }
}

void receipt_peer::report_uploaded()
{
    if (m_uploaded == m_reported) return;
    m_reported = m_uploaded;
    blob_writer blob;
    blob.put(m_id);
    blob.put(torrent());
    blob.put(m_uploaded);
    m_engine.push(event_kind::peer_uploaded, blob);
}

} // namespace seedermesh
