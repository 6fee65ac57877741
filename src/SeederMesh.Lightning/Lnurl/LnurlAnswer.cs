using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace SeederMesh.Lightning.Lnurl;

/// <summary>How an LNURL service answers: JSON, for any website's script too, and an error as an ordinary answer.</summary>
/// <remarks>Source: LUD-01, "Fallback scheme" and error responses; wallets in browsers need the CORS header.</remarks>
public static class LnurlAnswer
{
    // The resolver is named since ASP.NET would add one at the first use, which fails where two are the first.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    /// <summary>An answer; members that are null are left out.</summary>
    public static IResult Of<T>(HttpContext http, T value)
    {
        http.Response.Headers.AccessControlAllowOrigin = "*";
        http.Response.Headers.CacheControl = "no-store";
        return Results.Json(value, Json);
    }

    /// <summary>The service did what was asked.</summary>
    public static IResult Ok(HttpContext http) => Of(http, new { status = "OK" });

    /// <summary>The service refuses, with a sentence for the person at the wallet.</summary>
    public static IResult Error(HttpContext http, string reason) => Of(http, new { status = "ERROR", reason });
}
