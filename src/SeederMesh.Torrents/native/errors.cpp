#include "guard.h"

#include <libtorrent/bdecode.hpp>
#include <libtorrent/version.hpp>

#include <cstdio>

namespace seedermesh {
namespace {

#define SM_NAME(name) case lt::errors::name: return #name;

char const* libtorrent_name(int value)
{
    switch (value)
    {
    SM_NAME(no_error) SM_NAME(file_collision) SM_NAME(failed_hash_check) SM_NAME(torrent_is_no_dict)
    SM_NAME(torrent_missing_info) SM_NAME(torrent_info_no_dict) SM_NAME(torrent_missing_piece_length)
    SM_NAME(torrent_missing_name) SM_NAME(torrent_invalid_name) SM_NAME(torrent_invalid_length)
    SM_NAME(torrent_file_parse_failed) SM_NAME(torrent_missing_pieces) SM_NAME(torrent_invalid_hashes)
    SM_NAME(too_many_pieces_in_torrent) SM_NAME(invalid_swarm_metadata) SM_NAME(invalid_bencoding)
    SM_NAME(no_files_in_torrent) SM_NAME(invalid_escaped_string) SM_NAME(session_is_closing)
    SM_NAME(duplicate_torrent) SM_NAME(invalid_torrent_handle) SM_NAME(invalid_entry_type)
    SM_NAME(missing_info_hash_in_uri) SM_NAME(file_too_short) SM_NAME(unsupported_url_protocol)
    SM_NAME(url_parse_error) SM_NAME(peer_sent_empty_piece) SM_NAME(parse_failed) SM_NAME(invalid_file_tag)
    SM_NAME(missing_info_hash) SM_NAME(mismatching_info_hash) SM_NAME(invalid_hostname) SM_NAME(invalid_port)
    SM_NAME(port_blocked) SM_NAME(expected_close_bracket_in_address) SM_NAME(destructing_torrent) SM_NAME(timed_out)
    SM_NAME(upload_upload_connection) SM_NAME(uninteresting_upload_peer) SM_NAME(invalid_info_hash)
    SM_NAME(torrent_paused) SM_NAME(invalid_have) SM_NAME(invalid_bitfield_size)
    SM_NAME(too_many_requests_when_choked) SM_NAME(invalid_piece) SM_NAME(no_memory) SM_NAME(torrent_aborted)
    SM_NAME(self_connection) SM_NAME(invalid_piece_size) SM_NAME(timed_out_no_interest) SM_NAME(timed_out_inactivity)
    SM_NAME(timed_out_no_handshake) SM_NAME(timed_out_no_request) SM_NAME(invalid_choke) SM_NAME(invalid_unchoke)
    SM_NAME(invalid_interested) SM_NAME(invalid_not_interested) SM_NAME(invalid_request) SM_NAME(invalid_hash_list)
    SM_NAME(invalid_hash_piece) SM_NAME(invalid_cancel) SM_NAME(invalid_dht_port) SM_NAME(invalid_suggest)
    SM_NAME(invalid_have_all) SM_NAME(invalid_have_none) SM_NAME(invalid_reject) SM_NAME(invalid_allow_fast)
    SM_NAME(invalid_extended) SM_NAME(invalid_message) SM_NAME(sync_hash_not_found)
    SM_NAME(invalid_encryption_constant) SM_NAME(no_plaintext_mode) SM_NAME(no_rc4_mode)
    SM_NAME(unsupported_encryption_mode) SM_NAME(unsupported_encryption_mode_selected) SM_NAME(invalid_pad_size)
    SM_NAME(invalid_encrypt_handshake) SM_NAME(no_incoming_encrypted) SM_NAME(no_incoming_regular)
    SM_NAME(duplicate_peer_id) SM_NAME(torrent_removed) SM_NAME(packet_too_large) SM_NAME(reserved)
    SM_NAME(http_error) SM_NAME(missing_location) SM_NAME(invalid_redirection) SM_NAME(redirecting)
    SM_NAME(invalid_range) SM_NAME(no_content_length) SM_NAME(banned_by_ip_filter) SM_NAME(too_many_connections)
    SM_NAME(peer_banned) SM_NAME(stopping_torrent) SM_NAME(too_many_corrupt_pieces) SM_NAME(torrent_not_ready)
    SM_NAME(peer_not_constructed) SM_NAME(session_closing) SM_NAME(optimistic_disconnect) SM_NAME(torrent_finished)
    SM_NAME(no_router) SM_NAME(metadata_too_large) SM_NAME(invalid_metadata_request) SM_NAME(invalid_metadata_size)
    SM_NAME(invalid_metadata_offset) SM_NAME(invalid_metadata_message) SM_NAME(pex_message_too_large)
    SM_NAME(invalid_pex_message) SM_NAME(invalid_lt_tracker_message) SM_NAME(too_frequent_pex) SM_NAME(no_metadata)
    SM_NAME(invalid_dont_have) SM_NAME(requires_ssl_connection) SM_NAME(invalid_ssl_cert) SM_NAME(not_an_ssl_torrent)
    SM_NAME(banned_by_port_filter) SM_NAME(invalid_session_handle) SM_NAME(invalid_listen_socket)
    SM_NAME(invalid_hash_request) SM_NAME(invalid_hashes) SM_NAME(invalid_hash_reject) SM_NAME(missing_file_sizes)
    SM_NAME(no_files_in_resume_data) SM_NAME(missing_pieces) SM_NAME(mismatching_number_of_files)
    SM_NAME(mismatching_file_size) SM_NAME(mismatching_file_timestamp) SM_NAME(not_a_dictionary)
    SM_NAME(invalid_blocks_per_piece) SM_NAME(missing_slots) SM_NAME(too_many_slots) SM_NAME(invalid_slot_list)
    SM_NAME(invalid_piece_index) SM_NAME(pieces_need_reorder) SM_NAME(resume_data_not_modified)
    SM_NAME(http_parse_error) SM_NAME(http_missing_location) SM_NAME(http_failed_decompress) SM_NAME(no_i2p_router)
    SM_NAME(no_i2p_endpoint) SM_NAME(scrape_not_available) SM_NAME(invalid_tracker_response)
    SM_NAME(invalid_peer_dict) SM_NAME(tracker_failure) SM_NAME(invalid_files_entry) SM_NAME(invalid_hash_entry)
    SM_NAME(invalid_peers_entry) SM_NAME(invalid_tracker_response_length) SM_NAME(invalid_tracker_transaction_id)
    SM_NAME(invalid_tracker_action) SM_NAME(announce_skipped) SM_NAME(no_entropy) SM_NAME(ssrf_mitigation)
    SM_NAME(blocked_by_idna) SM_NAME(torrent_unknown_version) SM_NAME(torrent_missing_file_tree)
    SM_NAME(torrent_missing_meta_version) SM_NAME(torrent_inconsistent_files) SM_NAME(torrent_missing_piece_layer)
    SM_NAME(torrent_invalid_piece_layer) SM_NAME(torrent_missing_pieces_root) SM_NAME(torrent_inconsistent_hashes)
    SM_NAME(torrent_invalid_pad_file)
    default: return nullptr;
    }
}

#undef SM_NAME
#define SM_NAME(name) case lt::bdecode_errors::name: return #name;

char const* bdecode_name(int value)
{
    switch (value)
    {
    SM_NAME(no_error) SM_NAME(expected_digit) SM_NAME(expected_colon) SM_NAME(unexpected_eof) SM_NAME(expected_value)
    SM_NAME(depth_exceeded) SM_NAME(limit_exceeded) SM_NAME(overflow)
    default: return nullptr;
    }
}

#undef SM_NAME

} // namespace

std::string error_name(lt::error_code const& code)
{
    char const* name = nullptr;
    if (code.category() == lt::libtorrent_category()) name = libtorrent_name(code.value());
    if (code.category() == lt::bdecode_category()) name = bdecode_name(code.value());
    if (name != nullptr) return name;
    return std::string(code.category().name()) + "_" + std::to_string(code.value());
}

std::string printable(std::string_view bytes)
{
    std::string text;
    for (char const c : bytes)
    {
        auto const value = static_cast<unsigned char>(c);
        if (value >= 0x20 && value < 0x7f && c != '\\')
        {
            text.push_back(c);
            continue;
        }

        char escaped[5];
        std::snprintf(escaped, sizeof(escaped), "\\x%02x", value);
        text += escaped;
    }

    return text;
}

void give(sm_buffer** out, blob_writer& blob)
{
    *out = new sm_buffer{std::move(blob.bytes())};
}

int give_error(sm_buffer** out, error_kind kind, std::string_view name, std::string_view message)
{
    try
    {
        blob_writer blob;
        blob.put(static_cast<std::int32_t>(kind));
        blob.put_string(name);
        blob.put_string(message);
        give(out, blob);
    }
    catch (...)
    {
        *out = nullptr;  // out of memory: the kind alone is the answer
    }

    return static_cast<int>(kind);
}

} // namespace seedermesh

SM_API char const* sm_buffer_data(sm_buffer const* buffer) { return buffer->bytes.data(); }

SM_API std::int64_t sm_buffer_size(sm_buffer const* buffer) { return static_cast<std::int64_t>(buffer->bytes.size()); }

SM_API void sm_buffer_free(sm_buffer* buffer) { delete buffer; }

SM_API char const* sm_libtorrent_version() { return LIBTORRENT_VERSION; }
