// Checks in front of libtorrent 2.0.8, which newer versions make themselves: they would be loops without a bound, or
// piece layers that belong to nothing.
#include "metainfo.h"
#include "names.h"
#include "piece_hashing.h"

#include <libtorrent/bdecode.hpp>

#include <set>
#include <unordered_map>

namespace seedermesh {
namespace {

// libtorrent tries "name.1", "name.2" and so on for files that share a name: n of them cost (n - 1) * (n - 2) / 2
// attempts too many. The bound is that of libtorrent 2.1.
constexpr std::int64_t renaming_attempts_max = 500;

[[noreturn]] void refuse(char const* name, char const* message)
{
    throw failure(error_kind::metainfo, name, message);
}

class checker
{
public:
    explicit checker(lt::bdecode_node const& torrent) : m_torrent(torrent), m_info(torrent.dict_find_dict("info"))
    {
        if (m_info) m_piece_length = m_info.dict_find_int_value("piece length", 0);
    }

    void names()
    {
        if (!m_info) return;  // libtorrent says so
        if (lt::bdecode_node const tree = m_info.dict_find_dict("file tree"); tree)
        {
            walk(tree, "");
            check_duplicates();
        }

        m_names.clear();
        if (lt::bdecode_node const files = m_info.dict_find_list("files"); files)
        {
            for (int i = 0; i < files.list_size(); ++i) add_path(files.list_at(i));
            check_duplicates();
        }
    }

    void piece_layers()
    {
        lt::bdecode_node const tree = m_info.dict_find_dict("file tree");
        lt::bdecode_node const layers = m_torrent.dict_find_dict("piece layers");
        if (!tree || !layers) return;
        walk(tree, "");
        for (int i = 0; i < layers.dict_size(); ++i)
        {
            auto const [root, layer] = layers.dict_at(i);
            if (m_layered_roots.count(std::string(root)) == 0)
            {
                refuse("torrent_invalid_piece_layer", "a piece layer belongs to no file");
            }

            if (layer.type() != lt::bdecode_node::string_t || root_of(layer.string_value()) != root)
            {
                refuse("torrent_invalid_piece_layer", "a piece layer does not match its file's root");
            }
        }
    }

private:
    // As libtorrent compares names: without case, and after it has rewritten what it rewrites.
    static std::string key_of(lt::string_view text)
    {
        std::string key;
        std::string_view rest(text.data(), std::min(text.size(), name_bytes_max));
        while (!rest.empty())
        {
            std::string_view const before = rest;
            std::int32_t const c = take_code_point(rest);
            if (rest.size() == before.size()) rest.remove_prefix(1);
            if (c == '/' || c == '\\' || (c > 0x7f && is_rewritten(c))) continue;
            if (c < 0x20) key.push_back('_');
            else if (c < 0x80) key.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c));
            else key.append(before.substr(0, before.size() - rest.size()));
        }

        return key;
    }

    void add_path(lt::bdecode_node const& file)
    {
        if (file.type() != lt::bdecode_node::dict_t) return;
        if (file.dict_find_string_value("attr").find('p') != lt::string_view::npos) return;  // padding may collide
        lt::bdecode_node path = file.dict_find_list("path.utf-8");
        if (!path) path = file.dict_find_list("path");
        if (!path) return;
        std::string key;
        for (int i = 0; i < path.list_size(); ++i) key += "/" + key_of(path.list_string_value_at(i));
        ++m_names[key];
    }

    void walk(lt::bdecode_node const& tree, std::string const& prefix)
    {
        for (int i = 0; i < tree.dict_size(); ++i)
        {
            auto const [name, node] = tree.dict_at(i);
            if (node.type() != lt::bdecode_node::dict_t) continue;
            if (name.empty())
            {
                ++m_names[prefix];
                lt::string_view const root = node.dict_find_string_value("pieces root");
                if (node.dict_find_int_value("length", 0) > m_piece_length) m_layered_roots.insert(std::string(root));
                continue;
            }

            walk(node, prefix + "/" + key_of(name));
        }
    }

    void check_duplicates() const
    {
        std::int64_t attempts = 0;
        for (auto const& [key, count] : m_names) attempts += (count - 1) * (count - 2) / 2;
        if (attempts > renaming_attempts_max)
        {
            refuse("too_many_duplicate_filenames", "too many files have the same name");
        }
    }

    // BEP 52: beyond the file, a leaf of the piece layer is the root of a piece of zero hashes.
    std::string root_of(lt::string_view layer) const
    {
        std::vector<lt::sha256_hash> hashes;
        for (std::size_t at = 0; at + 32 <= layer.size(); at += 32) hashes.emplace_back(layer.data() + at);
        if (hashes.empty()) return {};
        lt::sha256_hash beyond;
        for (std::int64_t size = block_size; size < m_piece_length; size *= 2) beyond = hash_pair(beyond, beyond);
        std::size_t width = 1;
        while (width < hashes.size()) width *= 2;
        hashes.resize(width, beyond);
        for (; width > 1; width /= 2)
        {
            for (std::size_t i = 0; i < width / 2; ++i) hashes[i] = hash_pair(hashes[2 * i], hashes[2 * i + 1]);
        }

        return hashes[0].to_string();
    }

    lt::bdecode_node const& m_torrent;
    lt::bdecode_node const m_info;
    std::int64_t m_piece_length = 0;
    std::unordered_map<std::string, std::int64_t> m_names;
    std::set<std::string> m_layered_roots;
};

} // namespace

void check_names(lt::bdecode_node const& torrent)
{
    if (torrent.type() == lt::bdecode_node::dict_t) checker(torrent).names();
}

void check_piece_layers(lt::bdecode_node const& torrent) { checker(torrent).piece_layers(); }

} // namespace seedermesh
