// What libtorrent makes of file names, and which names therefore cannot be published as they are.
#pragma once

#include <cstdint>
#include <string_view>

namespace seedermesh {

// libtorrent cuts longer path elements when it loads a torrent.
constexpr std::size_t name_bytes_max = 240;

// One code point, or -1 for a byte sequence that RFC 3629 does not allow.
inline std::int32_t take_code_point(std::string_view& text)
{
    auto const lead = static_cast<unsigned char>(text[0]);
    std::size_t const length
        = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (length == 0 || length > text.size()) return -1;
    std::int32_t value = length == 1 ? lead : lead & (0x7f >> length);
    for (std::size_t i = 1; i < length; ++i)
    {
        auto const next = static_cast<unsigned char>(text[i]);
        if ((next & 0xc0) != 0x80) return -1;
        value = (value << 6) | (next & 0x3f);
    }

    text.remove_prefix(length);
    bool const overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
    bool const outside = value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff);
    return overlong || outside ? -1 : value;
}

// Downloaders' clients rewrite these characters, so the name on their disks would not be the published one.
inline bool is_rewritten(std::int32_t c)
{
    return c < 0x20 || c == 0x7f || c == '\\' || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e);
}

} // namespace seedermesh
