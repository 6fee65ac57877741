// The credit gate: how much a peer may still be sent.
//
// A request beyond the credit is held, not answered. Once everything accepted before it has been sent, the peer is
// choked and the held requests are rejected (BEP 6). Choking earlier would make libtorrent reject blocks that the
// credit covers, and a peer that cannot finish a piece can never send the receipt that raises the credit.
#include "receipt_plugin.h"

#include <libtorrent/peer_connection.hpp>

#include <algorithm>

namespace seedermesh {
namespace {

constexpr char reject_message = 16;
constexpr std::size_t held_requests_max = 2048;
constexpr std::int64_t report_bytes = 1024 * 1024;
// Seconds that accepted requests may take to go out before an exhausted peer is choked anyway.
constexpr int drain_ticks_max = 3;

} // namespace

bool receipt_peer::on_request(lt::peer_request const& request)
{
    if (m_credit == credit_unlimited || m_connection.is_choked()) return false;
    int const bytes = m_torrent->content_bytes(request);
    if (bytes == 0) return false;  // libtorrent refuses it
    if (!m_exhausted && has_room(bytes))
    {
        if (m_pending.emplace(key_of(request), bytes).second) m_pending_bytes += bytes;
        return false;
    }

    if (m_held.size() < held_requests_max) m_held.push_back(request);
    exhaust();
    choke_when_drained();
    return true;
}

bool receipt_peer::on_cancel(lt::peer_request const& request)
{
    // With the fast extension libtorrent answers a cancel by the piece or a reject, which are counted there.
    if (!m_supports_fast) forget(request);
    auto const is_same = [&](lt::peer_request const& held) { return held == request; };
    m_held.erase(std::remove_if(m_held.begin(), m_held.end(), is_same), m_held.end());
    return false;
}

void receipt_peer::sent_piece(lt::peer_request const& request)
{
    forget(request);
    m_uploaded += m_torrent->content_bytes(request);
    if (m_uploaded - m_reported >= report_bytes) report_uploaded();
    if (m_exhausted) choke_when_drained();
}

void receipt_peer::sent_reject_request(lt::peer_request const& request)
{
    forget(request);
    if (m_exhausted) choke_when_drained();
}

void receipt_peer::sent_choke()
{
    // Without the fast extension a choke silently drops what was asked for.
    if (m_supports_fast) return;
    m_pending.clear();
    m_pending_bytes = 0;
    m_held.clear();
}

void receipt_peer::sent_unchoke()
{
    if (m_exhausted || !has_room(1))
    {
        exhaust();
        choke_when_drained();
    }
}

void receipt_peer::choke_when_stalled()
{
    if (!m_exhausted || m_connection.is_choked()) m_ticks_exhausted = 0;
    else if (++m_ticks_exhausted > drain_ticks_max) choke_now();
}

void receipt_peer::set_credit(std::int64_t credit)
{
    m_credit = credit;
    if (!m_exhausted || !has_room(1)) return;
    m_exhausted = false;
    if (m_connection.is_disconnecting()) return;
    if (m_connection.is_choked())
    {
        m_connection.maybe_unchoke_this_peer();
    }
    else if (m_supports_fast)
    {
        reject_held();  // it asks again, and is served
    }
    else if (!m_held.empty())
    {
        m_connection.choke_this_peer();  // tells it to ask again
        m_connection.maybe_unchoke_this_peer();
    }
}

void receipt_peer::exhaust()
{
    if (m_exhausted) return;
    m_exhausted = true;
    m_ticks_exhausted = 0;
    m_reported = m_uploaded;
    blob_writer blob;
    blob.put(m_id);
    blob.put(torrent());
    blob.put(m_uploaded);
    blob.put(m_credit);
    m_engine.push(event_kind::credit_exhausted, blob);
}

void receipt_peer::choke_when_drained()
{
    if (!m_pending.empty()) return;
    // Not from inside a hook: libtorrent has not finished with the message that called it.
    m_engine.post([weak = weak_from_this()]
    {
        auto const self = weak.lock();
        if (self && self->m_exhausted && self->m_pending.empty()) self->choke_now();
    });
}

void receipt_peer::choke_now()
{
    if (m_connection.is_disconnecting() || m_connection.is_connecting()) return;
    m_connection.choke_this_peer();
    reject_held();
}

void receipt_peer::reject_held()
{
    if (m_supports_fast && !m_held.empty())
    {
        std::vector<char> bytes;
        bytes.reserve(m_held.size() * 17);
        for (lt::peer_request const& request : m_held)
        {
            put_big_endian(bytes, 13);
            bytes.push_back(reject_message);
            put_big_endian(bytes, static_cast<std::uint32_t>(static_cast<int>(request.piece)));
            put_big_endian(bytes, static_cast<std::uint32_t>(request.start));
            put_big_endian(bytes, static_cast<std::uint32_t>(request.length));
        }

        m_connection.send_buffer(bytes.data(), static_cast<int>(bytes.size()));
    }

    m_held.clear();
}

void receipt_peer::forget(lt::peer_request const& request)
{
    auto const found = m_pending.find(key_of(request));
    if (found == m_pending.end()) return;
    m_pending_bytes -= found->second;
    m_pending.erase(found);
}

} // namespace seedermesh
