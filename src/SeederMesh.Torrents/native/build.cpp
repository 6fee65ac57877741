// Creates a torrent. libtorrent lays the files out and writes the metainfo; the hashing is done here, because
// lt::set_piece_hashes reads through its disk threads and reaches a fraction of the machine's SHA-256 rate.
#include "metainfo.h"
#include "piece_hashing.h"

#include <libtorrent/create_torrent.hpp>
#include <libtorrent/file_storage.hpp>

#include <algorithm>
#include <thread>
#include <unordered_map>

namespace seedermesh {
namespace {

constexpr int piece_size_max = 128 * 1024 * 1024;
constexpr unsigned threads_max = 64;

struct build_options
{
    std::string path;
    std::int32_t piece_size = 0;
    bool v2_only = false;
    bool is_private = false;
    std::string comment;
    std::string creator;
    std::int64_t created = 0;
    unsigned threads = 0;
    std::vector<std::pair<std::string, int>> trackers;
    std::vector<std::string> web_seeds;
};

build_options read_options(void const* data, std::int64_t size)
{
    blob_reader reader(data, static_cast<std::size_t>(size));
    build_options options;
    options.path = reader.get_string();
    options.piece_size = reader.get<std::int32_t>();
    options.v2_only = reader.get_flag();
    options.is_private = reader.get_flag();
    options.comment = reader.get_string();
    options.creator = reader.get_string();
    options.created = reader.get<std::int64_t>();
    options.threads = reader.get<std::uint32_t>();
    for (auto left = reader.get_count(); left > 0; --left)
    {
        std::string url = reader.get_string();
        options.trackers.emplace_back(std::move(url), reader.get<std::uint8_t>());
    }

    for (auto left = reader.get_count(); left > 0; --left) options.web_seeds.push_back(reader.get_string());

    bool const valid_size = options.piece_size == 0 || (options.piece_size >= block_size
        && options.piece_size <= piece_size_max && (options.piece_size & (options.piece_size - 1)) == 0);
    if (!valid_size)
    {
        throw failure(error_kind::argument, "invalid_piece_size",
            "a piece length is a power of two from 16 KiB to 128 MiB");
    }

    return options;
}

std::vector<piece_job> plan(lt::file_storage const& storage, tree const& source)
{
    std::unordered_map<std::string_view, tree_file const*> by_path;
    for (tree_file const& file : source.files) by_path.emplace(file.path, &file);

    std::vector<piece_job> jobs;
    jobs.reserve(static_cast<std::size_t>(storage.num_pieces()));
    std::int64_t const piece_size = storage.piece_length();
    for (lt::file_index_t const index : storage.file_range())
    {
        if (storage.pad_file_at(index)) continue;
        std::string path = storage.file_path(index);
        if (!source.single_file) path.erase(0, source.name.size() + 1);
        tree_file const* const file = by_path.at(path);
        int const first = static_cast<int>(storage.file_offset(index) / piece_size);
        for (std::int64_t at = 0; at < file->size; at += piece_size)
        {
            int const in_file = static_cast<int>(at / piece_size);
            lt::piece_index_t const piece(first + in_file);
            jobs.push_back({file, index, in_file, piece, at, static_cast<int>(std::min(piece_size, file->size - at)),
                storage.piece_size(piece), {}, {}});
        }
    }

    return jobs;
}

lt::file_storage lay_out(tree const& source)
{
    lt::file_storage storage;
    std::int64_t total = 0;
    for (tree_file const& file : source.files)
    {
        storage.add_file(source.single_file ? file.path : source.name + "/" + file.path, file.size);
        total += file.size;
    }

    if (total == 0)
    {
        throw failure(error_kind::argument, "nothing_to_publish",
            "there is no file with content: a torrent needs at least one byte");
    }

    return storage;
}

// What was written must read back as what was walked; otherwise downloaders would see other names.
void verify(std::vector<char> const& torrent, lt::file_storage const& storage)
{
    auto const info = load_metainfo(torrent.data(), static_cast<std::int64_t>(torrent.size()), false);
    lt::file_storage const& read = info->files();
    bool same = read.num_files() == storage.num_files() && read.num_pieces() == storage.num_pieces();
    for (lt::file_index_t const index : storage.file_range())
    {
        if (!same) break;
        same = storage.file_size(index) == read.file_size(index)
            && (storage.pad_file_at(index) || storage.file_path(index) == read.file_path(index));
        if (!same)
        {
            throw failure(error_kind::metainfo, "name_not_portable",
                printable(storage.file_path(index)) + ": reads back as " + printable(read.file_path(index)));
        }
    }

    if (!same) throw failure(error_kind::metainfo, "torrent_inconsistent_files", "the torrent does not read back");
}

} // namespace
} // namespace seedermesh

struct sm_build
{
    seedermesh::build_options options;
    std::atomic<bool> cancel{false};
    std::atomic<std::int64_t> done{0};
    std::atomic<std::int64_t> total{0};
};

namespace seedermesh {
namespace {

std::vector<char> write_torrent(sm_build& build, tree const& source)
{
    build_options const& options = build.options;
    lt::file_storage storage = lay_out(source);
    lt::create_torrent torrent(storage, options.piece_size,
        options.v2_only ? lt::create_torrent::v2_only : lt::create_flags_t{});
    if (storage.num_pieces() > pieces_max)
    {
        throw failure(error_kind::argument, "too_many_pieces_in_torrent",
            "more than 2,097,152 pieces; give a larger piece length");
    }

    std::vector<piece_job> jobs = plan(storage, source);
    std::int64_t total = 0;
    for (piece_job const& job : jobs) total += job.size;
    build.total = total;

    unsigned const cores = options.threads != 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
    hash_pieces(jobs, storage.piece_length(), !options.v2_only,
        std::min({cores, threads_max, static_cast<unsigned>(jobs.size())}), build.cancel, build.done);
    for (piece_job const& job : jobs)
    {
        torrent.set_hash2(job.index, lt::piece_index_t::diff_type(job.piece_in_file), job.hash2);
        if (!options.v2_only) torrent.set_hash(job.piece, job.hash1);
    }

    torrent.set_priv(options.is_private);
    torrent.set_creation_date(static_cast<std::time_t>(options.created));
    if (!options.comment.empty()) torrent.set_comment(options.comment.c_str());
    if (!options.creator.empty()) torrent.set_creator(options.creator.c_str());
    for (auto const& [url, tier] : options.trackers) torrent.add_tracker(url, tier);
    for (std::string const& url : options.web_seeds) torrent.add_url_seed(url);
    std::vector<char> bytes = torrent.generate_buf();
    verify(bytes, storage);
    return bytes;
}

} // namespace
} // namespace seedermesh

using namespace seedermesh;

SM_API int sm_build_open(void const* options, std::int64_t size, sm_build** build, sm_buffer** out)
{
    *build = nullptr;
    return guarded(out, error_kind::argument, [&]
    {
        auto created = std::make_unique<sm_build>();
        created->options = read_options(options, size);
        *build = created.release();
    });
}

SM_API int sm_build_run(sm_build* build, sm_buffer** out)
{
    return guarded(out, error_kind::file, [&]
    {
        tree const source = walk_tree(build->options.path, build->cancel);
        std::vector<char> const torrent = write_torrent(*build, source);
        blob_writer blob;
        blob.put_string(std::string_view(torrent.data(), torrent.size()));
        blob.put(static_cast<std::uint32_t>(source.skipped.size()));
        for (skipped_entry const& entry : source.skipped)
        {
            blob.put_string(entry.path);
            blob.put(static_cast<std::uint8_t>(entry.reason));
        }

        give(out, blob);
    });
}

SM_API void sm_build_progress(sm_build const* build, std::int64_t* bytes_done, std::int64_t* bytes_total)
{
    *bytes_done = build->done.load(std::memory_order_relaxed);
    *bytes_total = build->total.load(std::memory_order_relaxed);
}

SM_API void sm_build_cancel(sm_build* build) { build->cancel = true; }

SM_API void sm_build_close(sm_build* build) { delete build; }
