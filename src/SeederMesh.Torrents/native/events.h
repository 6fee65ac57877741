// The ordered queue of what happened, from the network thread to the one reader.
#pragma once

#include "blob.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

namespace seedermesh {

// The C# twin is Native/EventReader.cs.
enum class event_kind : std::uint8_t
{
    torrent_added = 1,
    torrent_removed = 2,
    torrent_deleted = 3,
    metadata_received = 4,
    torrent_finished = 5,
    torrent_checked = 6,
    torrent_error = 7,
    file_error = 8,
    resume_data = 9,
    resume_data_failed = 10,
    tracker_error = 11,
    tracker_reply = 12,
    listen_succeeded = 13,
    listen_failed = 14,
    state_changed = 15,
    torrent_paused = 16,
    torrent_resumed = 17,
    alerts_dropped = 18,
    peer_connected = 20,
    peer_handshake = 21,
    peer_message = 22,
    peer_disconnected = 23,
    piece_passed = 24,
    piece_failed = 25,
    credit_exhausted = 26,
    peer_uploaded = 27,
};

// Only peers' messages can arrive faster than our own work: beyond this much the sender is disconnected.
constexpr std::size_t queue_bytes_max = 64 * 1024 * 1024;

class event_queue
{
public:
    // Each event is {u32 length, u8 kind, payload}.
    void push(event_kind kind, blob_writer& payload)
    {
        bool was_empty;
        {
            std::lock_guard<std::mutex> const lock(m_mutex);
            was_empty = m_events.size() == 0;
            m_events.put(static_cast<std::uint32_t>(payload.size() + 1));
            m_events.put(static_cast<std::uint8_t>(kind));
            m_events.put_raw(payload.bytes().data(), payload.size());
        }

        if (was_empty) m_ready.notify_one();
    }

    // Everything so far; empty after the time-out or a wake.
    std::vector<char> take(std::chrono::milliseconds timeout)
    {
        std::unique_lock<std::mutex> lock(m_mutex);
        m_ready.wait_for(lock, timeout, [this] { return m_events.size() > 0 || m_woken; });
        m_woken = false;
        ++m_taken;
        std::vector<char> events;
        events.swap(m_events.bytes());
        return events;
    }

    void wake()
    {
        {
            std::lock_guard<std::mutex> const lock(m_mutex);
            m_woken = true;
        }

        m_ready.notify_one();
    }

    bool is_full() const
    {
        std::lock_guard<std::mutex> const lock(m_mutex);
        return m_events.size() > queue_bytes_max;
    }

    // How often the queue was emptied: what a peer queued before the last time is no longer waiting.
    std::uint64_t taken() const
    {
        std::lock_guard<std::mutex> const lock(m_mutex);
        return m_taken;
    }

private:
    mutable std::mutex m_mutex;
    std::condition_variable m_ready;
    blob_writer m_events;
    std::uint64_t m_taken = 0;
    bool m_woken = false;
};

} // namespace seedermesh
