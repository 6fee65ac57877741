// Values cross the C ABI as little-endian blobs: fixed-width integers, and byte strings after their 32-bit length.
// The C# twin is Native/BlobReader.cs and Native/BlobWriter.cs.
#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace seedermesh {

class blob_writer
{
public:
    template <typename Integer>
    void put(Integer value)
    {
        static_assert(std::is_integral_v<Integer>);
        std::size_t const at = m_bytes.size();
        m_bytes.resize(at + sizeof(Integer));
        std::memcpy(m_bytes.data() + at, &value, sizeof(Integer));
    }

    void put_flag(bool value) { put(static_cast<std::uint8_t>(value ? 1 : 0)); }

    void put_raw(char const* data, std::size_t size) { m_bytes.insert(m_bytes.end(), data, data + size); }

    void put_string(std::string_view text)
    {
        put(static_cast<std::uint32_t>(text.size()));
        put_raw(text.data(), text.size());
    }

    // Overwrites a value written earlier, where a count is only known at the end.
    void patch_count(std::size_t at, std::uint32_t value) { std::memcpy(m_bytes.data() + at, &value, sizeof(value)); }

    std::size_t size() const { return m_bytes.size(); }
    std::vector<char>& bytes() { return m_bytes; }

private:
    std::vector<char> m_bytes;
};

// Throws std::out_of_range on a blob that is too short; the ABI guard turns it into an error.
class blob_reader
{
public:
    blob_reader(void const* data, std::size_t size) : m_at(static_cast<char const*>(data)), m_left(size) {}

    template <typename Integer>
    Integer get()
    {
        static_assert(std::is_integral_v<Integer>);
        Integer value;
        std::memcpy(&value, take(sizeof(Integer)), sizeof(Integer));
        return value;
    }

    bool get_flag() { return get<std::uint8_t>() != 0; }

    std::string_view get_view()
    {
        auto const size = get<std::uint32_t>();
        return {take(size), size};
    }

    std::string get_string() { return std::string(get_view()); }

    // A count of entries that each take at least one byte cannot exceed what is left.
    std::uint32_t get_count()
    {
        auto const count = get<std::uint32_t>();
        if (count > m_left) throw std::out_of_range("a count exceeds its blob");
        return count;
    }

private:
    char const* take(std::size_t size)
    {
        if (size > m_left) throw std::out_of_range("a blob is too short");
        char const* const at = m_at;
        m_at += size;
        m_left -= size;
        return at;
    }

    char const* m_at;
    std::size_t m_left;
};

} // namespace seedermesh
