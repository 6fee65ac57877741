// Walks what is to be published: regular files, in a fixed order, with everything else listed instead of dropped.
#pragma once

#include "guard.h"

#include <atomic>
#include <string>
#include <vector>

namespace seedermesh {

constexpr std::size_t tree_files_max = 1'000'000;
constexpr int tree_depth_max = 64;

// Why an entry is not part of the torrent. C#: SkipReason.
enum class skip_reason : std::uint8_t
{
    not_a_regular_file = 1,
    symlink_leaves_tree = 2,
    symlink_dangling = 3,
    symlink_loop = 4,
    name_not_utf8 = 5,
    name_not_portable = 6,
    name_too_long = 7,
};

struct tree_file
{
    std::string path;    // in the torrent, '/' between elements, without the torrent's name
    std::string source;  // what to open
    std::int64_t size;
};

struct skipped_entry
{
    std::string path;  // printable
    skip_reason reason;
};

struct tree
{
    std::string name;
    bool single_file = false;
    std::vector<tree_file> files;
    std::vector<skipped_entry> skipped;
};

// Symbolic links are followed where they lead to something inside the root, and skipped otherwise.
// Throws failure(file) for what cannot be read, failure(argument) above a limit, failure(canceled).
tree walk_tree(std::string const& path, std::atomic<bool> const& cancel);

} // namespace seedermesh
