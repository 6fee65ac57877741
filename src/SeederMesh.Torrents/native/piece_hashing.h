// Hashes the pieces of a torrent in parallel: the v2 merkle root of each, and its v1 SHA-1.
#pragma once

#include "tree.h"

#include <libtorrent/sha1_hash.hpp>
#include <libtorrent/units.hpp>

namespace seedermesh {

constexpr int block_size = 16 * 1024;

// One node of a merkle tree.
lt::sha256_hash hash_pair(lt::sha256_hash const& left, lt::sha256_hash const& right);

struct piece_job
{
    tree_file const* file;
    lt::file_index_t index;
    int piece_in_file;
    lt::piece_index_t piece;
    std::int64_t offset;
    int size;         // without padding
    int size_padded;  // as v1 hashes it
    lt::sha256_hash hash2;
    lt::sha1_hash hash1;
};

// Throws failure(file) where a file cannot be read or is not what the walk saw, and failure(canceled).
void hash_pieces(std::vector<piece_job>& jobs, int piece_size, bool with_v1, unsigned threads,
    std::atomic<bool> const& cancel, std::atomic<std::int64_t>& done);

} // namespace seedermesh
