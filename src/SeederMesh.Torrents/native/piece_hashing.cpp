// Not lt::set_piece_hashes: that reads through libtorrent's disk threads and reaches a fraction of the machine's
// SHA-256 rate. Each thread here takes the next piece, and reads and hashes it in chunks that stay in the core's cache.
#include "piece_hashing.h"

#include <libtorrent/hasher.hpp>

#include <algorithm>
#include <array>
#include <mutex>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace seedermesh {

lt::sha256_hash hash_pair(lt::sha256_hash const& left, lt::sha256_hash const& right)
{
    std::array<char, 64> both;
    std::copy(left.begin(), left.end(), both.begin());
    std::copy(right.begin(), right.end(), both.begin() + 32);
    return lt::hasher256(lt::span<char const>(both)).final();
}

namespace {

constexpr int chunk_size = 16 * block_size;

class open_file
{
public:
    open_file() = default;
    open_file(open_file const&) = delete;
    open_file& operator=(open_file const&) = delete;
    ~open_file() { close(); }

    void open(tree_file const& file)
    {
        close();
        // Not through a link that was put there since the walk, and not waiting on a FIFO.
        m_descriptor = ::open(file.source.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (m_descriptor < 0) unreadable(file);

        struct ::stat status{};
        bool const is_known = ::fstat(m_descriptor, &status) == 0 && S_ISREG(status.st_mode);
        if (!is_known || status.st_size != file.size) changed(file);
        ::posix_fadvise(m_descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
    }

    void read(tree_file const& file, std::int64_t offset, char* buffer, int size) const
    {
        for (int done = 0; done < size;)
        {
            auto const left = static_cast<std::size_t>(size - done);
            ssize_t const count = ::pread(m_descriptor, buffer + done, left, offset + done);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) unreadable(file);

            if (count == 0) changed(file);
            done += static_cast<int>(count);
        }
    }

private:
    [[noreturn]] static void unreadable(tree_file const& file)
    {
        throw failure(
            error_kind::file, "cannot_read_file", printable(file.source) + ": " + std::strerror(errno));
    }

    [[noreturn]] static void changed(tree_file const& file)
    {
        throw failure(error_kind::file, "file_changed", printable(file.source) + ": changed while it was being hashed");
    }

    void close()
    {
        if (m_descriptor >= 0) ::close(m_descriptor);
        m_descriptor = -1;
    }

    int m_descriptor = -1;
};

// BEP 52: leaves beyond the data are zero hashes.
lt::sha256_hash merkle_root(std::vector<lt::sha256_hash>& leaves, std::size_t width)
{
    leaves.resize(width);
    for (; width > 1; width /= 2)
    {
        for (std::size_t i = 0; i < width / 2; ++i) leaves[i] = hash_pair(leaves[2 * i], leaves[2 * i + 1]);
    }

    return leaves[0];
}

class hashing
{
public:
    hashing(std::vector<piece_job>& jobs, int piece_size, bool with_v1, std::atomic<bool> const& cancel,
        std::atomic<std::int64_t>& done)
        : m_jobs(jobs), m_piece_size(piece_size), m_with_v1(with_v1), m_cancel(cancel), m_done(done) {}

    void run(unsigned threads)
    {
        std::vector<std::thread> helpers;
        for (unsigned i = 1; i < threads; ++i) helpers.emplace_back([this] { work(); });
        work();
        for (std::thread& helper : helpers) helper.join();
        if (m_error) std::rethrow_exception(m_error);
    }

private:
    void work() noexcept
    {
        try
        {
            open_file input;
            tree_file const* current = nullptr;
            std::vector<char> buffer(chunk_size);
            std::vector<lt::sha256_hash> leaves;
            for (std::size_t i = m_next++; i < m_jobs.size() && !m_stop; i = m_next++)
            {
                piece_job& job = m_jobs[i];
                if (job.file != current) input.open(*(current = job.file));
                hash(job, input, buffer, leaves);
            }
        }
        catch (...)
        {
            std::lock_guard<std::mutex> const lock(m_mutex);
            if (!m_error) m_error = std::current_exception();
            m_stop = true;
        }
    }

    void hash(piece_job& job, open_file const& input, std::vector<char>& buffer, std::vector<lt::sha256_hash>& leaves)
    {
        lt::hasher v1;
        leaves.clear();
        for (int at = 0; at < job.size; at += chunk_size)
        {
            if (m_cancel.load(std::memory_order_relaxed)) throw failure(error_kind::canceled, "canceled", "canceled");
            int const size = std::min(chunk_size, job.size - at);
            input.read(*job.file, job.offset + at, buffer.data(), size);
            for (int block = 0; block < size; block += block_size)
            {
                lt::span<char const> const bytes(buffer.data() + block, std::min(block_size, size - block));
                leaves.push_back(lt::hasher256(bytes).final());
            }

            if (m_with_v1) v1.update(lt::span<char const>(buffer.data(), size));
            m_done.fetch_add(size, std::memory_order_relaxed);
        }

        job.hash2 = merkle_root(leaves, width(job));
        if (!m_with_v1) return;
        static std::array<char, block_size> const zeros{};
        for (int left = job.size_padded - job.size; left > 0; left -= block_size)
        {
            v1.update(lt::span<char const>(zeros.data(), std::min(left, block_size)));
        }

        job.hash1 = v1.final();
    }

    // A file of at most one piece has a tree of its own blocks; in longer files every piece has a full one.
    std::size_t width(piece_job const& job) const
    {
        if (job.file->size >= m_piece_size) return static_cast<std::size_t>(m_piece_size / block_size);
        std::size_t leaves = 1;
        while (static_cast<std::int64_t>(leaves) * block_size < job.file->size) leaves *= 2;
        return leaves;
    }

    std::vector<piece_job>& m_jobs;
    int const m_piece_size;
    bool const m_with_v1;
    std::atomic<bool> const& m_cancel;
    std::atomic<std::int64_t>& m_done;
    std::atomic<std::size_t> m_next{0};
    std::atomic<bool> m_stop{false};
    std::mutex m_mutex;
    std::exception_ptr m_error;
};

} // namespace

void hash_pieces(std::vector<piece_job>& jobs, int piece_size, bool with_v1, unsigned threads,
    std::atomic<bool> const& cancel, std::atomic<std::int64_t>& done)
{
    hashing(jobs, piece_size, with_v1, cancel, done).run(threads);
}

} // namespace seedermesh
