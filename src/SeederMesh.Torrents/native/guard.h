// Turns exceptions and error codes into the ABI's error result.
#pragma once

#include "api.h"
#include "blob.h"

#include <libtorrent/error_code.hpp>

#include <string>
#include <vector>

struct sm_buffer
{
    std::vector<char> bytes;
};

namespace seedermesh {

// What went wrong, in the order C# declares them (TorrentErrorKind).
enum class error_kind : std::int32_t
{
    metainfo = 1,
    file = 2,
    argument = 3,
    canceled = 4,
    engine = 5,
};

struct failure : std::runtime_error
{
    failure(error_kind k, std::string n, std::string const& message)
        : std::runtime_error(message), kind(k), name(std::move(n)) {}

    error_kind kind;
    std::string name;
};

// libtorrent's own name of an error ("torrent_missing_name"), or the category and number where it has none.
std::string error_name(lt::error_code const& code);

// Non-UTF-8 bytes become \xNN, so that any path can be shown.
std::string printable(std::string_view bytes);

void give(sm_buffer** out, blob_writer& blob);
int give_error(sm_buffer** out, error_kind kind, std::string_view name, std::string_view message);

// Runs `body`, which may write `*out`, and catches whatever it throws.
template <typename Body>
int guarded(sm_buffer** out, error_kind kind, Body&& body) noexcept
{
    *out = nullptr;
    try
    {
        body();
        return 0;
    }
    catch (failure const& error)
    {
        return give_error(out, error.kind, error.name, error.what());
    }
    catch (lt::system_error const& error)
    {
        return give_error(out, kind, error_name(error.code()), error.code().message());
    }
    catch (std::exception const& error)
    {
        return give_error(out, kind, "exception", error.what());
    }
    catch (...)
    {
        return give_error(out, kind, "exception", "an unknown exception");
    }
}

} // namespace seedermesh
