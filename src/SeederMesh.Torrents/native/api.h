// The C ABI of libseedermesh_torrents.so. Every function catches every exception; a result other than 0 is an error
// and `*out` then holds {i32 kind, string name, string message}. Blobs are freed with sm_buffer_free.
// Handles are opaque; each is freed by its own close function, once, by the thread that owns it last.
#pragma once

#include <cstdint>

#define SM_API extern "C" __attribute__((visibility("default")))

struct sm_buffer;
struct sm_session;
struct sm_build;

SM_API char const* sm_buffer_data(sm_buffer const* buffer);
SM_API std::int64_t sm_buffer_size(sm_buffer const* buffer);
SM_API void sm_buffer_free(sm_buffer* buffer);
SM_API char const* sm_libtorrent_version();

// Metainfo.
SM_API int sm_metainfo_inspect(void const* data, std::int64_t size, int info_only, sm_buffer** out);
SM_API int sm_build_open(void const* options, std::int64_t size, sm_build** build, sm_buffer** out);
SM_API int sm_build_run(sm_build* build, sm_buffer** out);
SM_API void sm_build_progress(sm_build const* build, std::int64_t* bytes_done, std::int64_t* bytes_total);
SM_API void sm_build_cancel(sm_build* build);
SM_API void sm_build_close(sm_build* build);

// Session.
SM_API int sm_session_open(void const* options, std::int64_t size, sm_session** session, sm_buffer** out);
SM_API void sm_session_close(sm_session* session);
SM_API int sm_session_apply(sm_session* session, void const* options, std::int64_t size, sm_buffer** out);
SM_API int sm_session_next(sm_session* session, int timeout_ms, sm_buffer** out);
SM_API void sm_session_wake(sm_session* session);
SM_API int sm_session_totals(sm_session* session, sm_buffer** out);
SM_API int sm_session_state(sm_session* session, sm_buffer** out);

// Torrents of a session.
SM_API int sm_torrent_add(sm_session* session, void const* options, std::int64_t size, sm_buffer** out);
SM_API int sm_torrent_remove(sm_session* session, std::uint32_t torrent, int with_data, sm_buffer** out);
SM_API int sm_torrent_command(sm_session* session, std::uint32_t torrent, int command, void const* arguments,
    std::int64_t size, sm_buffer** out);
SM_API int sm_torrent_query(sm_session* session, std::uint32_t torrent, int query, sm_buffer** out);
SM_API int sm_torrents_status(sm_session* session, sm_buffer** out);

// The receipt extension. Asynchronous: they take effect in order on the network thread; an unknown id is ignored,
// because a peer may leave at any time.
SM_API int sm_torrent_extension(sm_session* session, std::uint32_t torrent, void const* dictionary, std::int64_t size,
    std::int64_t default_credit, sm_buffer** out);
SM_API int sm_peer_send(
    sm_session* session, std::uint64_t peer, void const* payload, std::int64_t size, sm_buffer** out);
SM_API int sm_peer_credit(sm_session* session, std::uint64_t peer, std::int64_t credit, sm_buffer** out);
SM_API int sm_peer_disconnect(sm_session* session, std::uint64_t peer, sm_buffer** out);
