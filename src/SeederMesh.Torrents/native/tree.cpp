#include "tree.h"

#include "names.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

namespace seedermesh {
namespace {

[[noreturn]] void throw_errno(std::string const& path, char const* name)
{
    throw failure(error_kind::file, name, printable(path) + ": " + std::strerror(errno));
}

std::string real_path(std::string const& path)
{
    std::unique_ptr<char, decltype(&std::free)> const resolved(::realpath(path.c_str(), nullptr), &std::free);
    return resolved ? std::string(resolved.get()) : std::string();
}

std::optional<skip_reason> check_name(std::string_view name)
{
    bool rewritten = false;
    for (std::string_view rest = name; !rest.empty();)
    {
        std::int32_t const c = take_code_point(rest);
        if (c < 0) return skip_reason::name_not_utf8;
        rewritten |= is_rewritten(c);
    }

    if (rewritten) return skip_reason::name_not_portable;
    return name.size() >= name_bytes_max ? std::optional(skip_reason::name_too_long) : std::nullopt;
}

class walker
{
public:
    walker(std::string root, tree& result, std::atomic<bool> const& cancel)
        : m_root(std::move(root)), m_result(result), m_cancel(cancel) {}

    void directory(std::string const& source, std::string const& prefix, int depth)
    {
        if (depth > tree_depth_max)
        {
            throw failure(error_kind::argument, "tree_too_deep",
                printable(prefix) + ": deeper than " + std::to_string(tree_depth_max) + " directories");
        }

        struct ::stat here{};
        if (::stat(source.c_str(), &here) != 0) throw_errno(source, "cannot_read_directory");
        auto const identity = std::make_pair(here.st_dev, here.st_ino);
        if (std::find(m_ancestors.begin(), m_ancestors.end(), identity) != m_ancestors.end())
        {
            skip(prefix, skip_reason::symlink_loop);
            return;
        }

        m_ancestors.push_back(identity);
        for (std::string const& name : names(source))
        {
            entry(source + "/" + name, prefix.empty() ? name : prefix + "/" + name, name, depth);
        }

        m_ancestors.pop_back();
    }

private:
    void entry(std::string source, std::string const& path, std::string const& name, int depth)
    {
        if (m_cancel.load(std::memory_order_relaxed)) throw failure(error_kind::canceled, "canceled", "canceled");
        if (auto const reason = check_name(name)) return skip(path, *reason);

        struct ::stat status{};
        if (::lstat(source.c_str(), &status) != 0) throw_errno(source, "cannot_read_file");
        if (S_ISLNK(status.st_mode))
        {
            std::string const target = real_path(source);
            bool const is_loop = target.empty() && errno == ELOOP;
            if (is_loop) return skip(path, skip_reason::symlink_loop);
            if (target.empty()) return skip(path, skip_reason::symlink_dangling);
            if (target != m_root && target.compare(0, m_root.size() + 1, m_root + "/") != 0)
            {
                return skip(path, skip_reason::symlink_leaves_tree);
            }

            source = target;
            if (::lstat(source.c_str(), &status) != 0) throw_errno(source, "cannot_read_file");
        }

        if (S_ISDIR(status.st_mode)) return directory(source, path, depth + 1);
        if (!S_ISREG(status.st_mode)) return skip(path, skip_reason::not_a_regular_file);
        if (::access(source.c_str(), R_OK) != 0) throw_errno(source, "cannot_read_file");
        if (m_result.files.size() >= tree_files_max)
        {
            throw failure(error_kind::argument, "too_many_files", "more than 1,000,000 files");
        }

        m_result.files.push_back({path, std::move(source), status.st_size});
    }

    // Sorted by bytes: the same tree gives the same torrent.
    std::vector<std::string> names(std::string const& source) const
    {
        std::unique_ptr<DIR, int (*)(DIR*)> const directory(::opendir(source.c_str()), &::closedir);
        if (!directory) throw_errno(source, "cannot_read_directory");
        std::vector<std::string> found;
        errno = 0;
        while (::dirent const* item = ::readdir(directory.get()))
        {
            std::string_view const name(item->d_name);
            if (name != "." && name != "..") found.emplace_back(name);
        }

        if (errno != 0) throw_errno(source, "cannot_read_directory");
        std::sort(found.begin(), found.end());
        return found;
    }

    void skip(std::string const& path, skip_reason reason)
    {
        if (m_result.skipped.size() >= tree_files_max)
        {
            throw failure(error_kind::argument, "too_many_files", "more than 1,000,000 entries cannot be published");
        }

        m_result.skipped.push_back({printable(path), reason});
    }

    std::string m_root;
    tree& m_result;
    std::atomic<bool> const& m_cancel;
    std::vector<std::pair<dev_t, ino_t>> m_ancestors;
};

} // namespace

tree walk_tree(std::string const& path, std::atomic<bool> const& cancel)
{
    std::string const root = real_path(path);
    if (root.empty()) throw_errno(path, "cannot_read_file");

    tree result;
    result.name = root.substr(root.rfind('/') + 1);
    if (result.name.empty() || check_name(result.name))
    {
        throw failure(error_kind::argument, "name_not_portable",
            "'" + printable(result.name) + "' cannot be a torrent's name; rename it, or publish another directory");
    }

    struct ::stat status{};
    if (::stat(root.c_str(), &status) != 0) throw_errno(root, "cannot_read_file");
    if (S_ISREG(status.st_mode))
    {
        if (::access(root.c_str(), R_OK) != 0) throw_errno(root, "cannot_read_file");
        result.single_file = true;
        result.files.push_back({result.name, root, status.st_size});
        return result;
    }

    if (!S_ISDIR(status.st_mode))
    {
        throw failure(error_kind::file, "not_a_regular_file", printable(root) + ": neither a file nor a directory");
    }

    walker(root, result, cancel).directory(root, "", 0);
    return result;
}

} // namespace seedermesh
