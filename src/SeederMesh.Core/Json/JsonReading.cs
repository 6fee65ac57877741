namespace SeederMesh.Core.Json;

/// <summary>How reading JSON ended, in the order of the checks.</summary>
public enum JsonResult
{
    /// <summary>Never returned.</summary>
    None = 0,

    /// <summary>More bytes than the caller allows.</summary>
    TooLarge,

    /// <summary>Not valid UTF-8, or a byte order mark is in front.</summary>
    NotUtf8,

    /// <summary>Not the grammar of RFC 8259.</summary>
    Malformed,

    /// <summary>Arrays and objects are nested deeper than <see cref="JsonText.DepthMax"/>.</summary>
    TooDeep,

    /// <summary>More values than <see cref="JsonText.ValuesMax"/>.</summary>
    TooManyValues,

    /// <summary>A string holds half of a surrogate pair.</summary>
    LoneSurrogate,

    /// <summary>A name occurs twice in one object.</summary>
    DuplicateName,

    /// <summary>An integer beyond 2^53 - 1, or a number beyond what a double holds.</summary>
    NumberOutOfRange,

    /// <summary>It was read.</summary>
    Read,
}

/// <summary>What came of reading JSON.</summary>
/// <param name="Result">How it ended.</param>
/// <param name="Value">The value, when it was read.</param>
/// <param name="Message">What was wrong and at which byte, for a person; empty when it was read.</param>
public readonly record struct JsonReading(JsonResult Result, JsonValue? Value, string Message);
