#include "ordered_disk_io.h"

#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/disk_buffer_holder.hpp>
#include <libtorrent/mmap_disk_io.hpp>
#include <libtorrent/peer_request.hpp>
#include <libtorrent/storage_defs.hpp>

#include <functional>
#include <map>
#include <utility>
#include <vector>

namespace seedermesh {
namespace {

// All calls and all completions are on libtorrent's network thread, so nothing here is locked.
class ordered final : public lt::disk_interface
{
public:
    explicit ordered(std::unique_ptr<lt::disk_interface> inner) : m_inner(std::move(inner)) {}

    bool async_write(lt::storage_index_t storage, lt::peer_request const& request, char const* buffer,
        std::shared_ptr<lt::disk_observer> observer, std::function<void(lt::storage_error const&)> handler,
        lt::disk_job_flags_t flags) override
    {
        key const at{storage, request.piece};
        ++m_pieces[at].writes;
        return m_inner->async_write(storage, request, buffer, std::move(observer),
            [this, at, handler = std::move(handler)](lt::storage_error const& error)
            {
                handler(error);
                written(at);
            }, flags);
    }

    void async_hash(lt::storage_index_t storage, lt::piece_index_t piece, lt::span<lt::sha256_hash> v2,
        lt::disk_job_flags_t flags,
        std::function<void(lt::piece_index_t, lt::sha1_hash const&, lt::storage_error const&)> handler) override
    {
        m_inner->async_hash(storage, piece, v2, flags,
            [this, at = key{storage, piece}, handler = std::move(handler)](
                lt::piece_index_t index, lt::sha1_hash const& hash, lt::storage_error const& error)
            {
                auto const writing = m_pieces.find(at);
                if (writing == m_pieces.end()) handler(index, hash, error);
                else writing->second.hashed.push_back([=] { handler(index, hash, error); });
            });
    }

    lt::storage_holder new_torrent(lt::storage_params const& params, std::shared_ptr<void> const& torrent) override
    { return m_inner->new_torrent(params, torrent); }

    void remove_torrent(lt::storage_index_t storage) override { m_inner->remove_torrent(storage); }

    void async_read(lt::storage_index_t storage, lt::peer_request const& request,
        std::function<void(lt::disk_buffer_holder, lt::storage_error const&)> handler, lt::disk_job_flags_t flags) override
    { m_inner->async_read(storage, request, std::move(handler), flags); }

    void async_hash2(lt::storage_index_t storage, lt::piece_index_t piece, int offset, lt::disk_job_flags_t flags,
        std::function<void(lt::piece_index_t, lt::sha256_hash const&, lt::storage_error const&)> handler) override
    { m_inner->async_hash2(storage, piece, offset, flags, std::move(handler)); }

    void async_move_storage(lt::storage_index_t storage, std::string path, lt::move_flags_t flags,
        std::function<void(lt::status_t, std::string const&, lt::storage_error const&)> handler) override
    { m_inner->async_move_storage(storage, std::move(path), flags, std::move(handler)); }

    void async_release_files(lt::storage_index_t storage, std::function<void()> handler) override
    { m_inner->async_release_files(storage, std::move(handler)); }

    void async_check_files(lt::storage_index_t storage, lt::add_torrent_params const* resume_data,
        lt::aux::vector<std::string, lt::file_index_t> links,
        std::function<void(lt::status_t, lt::storage_error const&)> handler) override
    { m_inner->async_check_files(storage, resume_data, std::move(links), std::move(handler)); }

    void async_stop_torrent(lt::storage_index_t storage, std::function<void()> handler) override
    { m_inner->async_stop_torrent(storage, std::move(handler)); }

    void async_rename_file(lt::storage_index_t storage, lt::file_index_t file, std::string name,
        std::function<void(std::string const&, lt::file_index_t, lt::storage_error const&)> handler) override
    { m_inner->async_rename_file(storage, file, std::move(name), std::move(handler)); }

    void async_delete_files(lt::storage_index_t storage, lt::remove_flags_t options,
        std::function<void(lt::storage_error const&)> handler) override
    { m_inner->async_delete_files(storage, options, std::move(handler)); }

    void async_set_file_priority(lt::storage_index_t storage,
        lt::aux::vector<lt::download_priority_t, lt::file_index_t> priorities,
        std::function<void(lt::storage_error const&, lt::aux::vector<lt::download_priority_t, lt::file_index_t>)> handler) override
    { m_inner->async_set_file_priority(storage, std::move(priorities), std::move(handler)); }

    void async_clear_piece(lt::storage_index_t storage, lt::piece_index_t piece,
        std::function<void(lt::piece_index_t)> handler) override
    { m_inner->async_clear_piece(storage, piece, std::move(handler)); }

    void update_stats_counters(lt::counters& counters) const override { m_inner->update_stats_counters(counters); }

    std::vector<lt::open_file_state> get_status(lt::storage_index_t storage) const override
    { return m_inner->get_status(storage); }

    void abort(bool wait) override { m_inner->abort(wait); }
    void submit_jobs() override { m_inner->submit_jobs(); }
    void settings_updated() override { m_inner->settings_updated(); }

private:
    using key = std::pair<lt::storage_index_t, lt::piece_index_t>;

    struct piece_state
    {
        int writes = 0;
        std::vector<std::function<void()>> hashed;
    };

    void written(key const& at)
    {
        auto const piece = m_pieces.find(at);
        if (--piece->second.writes > 0) return;
        auto const hashed = std::move(piece->second.hashed);
        m_pieces.erase(piece);
        for (auto const& report : hashed) report();
    }

    std::unique_ptr<lt::disk_interface> m_inner;
    // Bounded by what libtorrent lets wait for the disk (max_queued_disk_bytes).
    std::map<key, piece_state> m_pieces;
};

} // namespace

std::unique_ptr<lt::disk_interface> ordered_disk_io(
    lt::io_context& context, lt::settings_interface const& settings, lt::counters& counters)
{
    return std::make_unique<ordered>(lt::mmap_disk_io_constructor(context, settings, counters));
}

} // namespace seedermesh
