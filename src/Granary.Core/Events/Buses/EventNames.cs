namespace Granary.Core.Events.Buses;

/// <summary>Ranges of names, all of which are ASCII.</summary>
internal static class EventNames
{
    // Past every character that a name may have.
    private const char Past = '\x7f';

    /// <summary>The names that begin with a prefix and follow one that was shown: those after the first text and before the second.</summary>
    /// <param name="after">Null where none was shown yet.</param>
    public static (string From, string Past) Range(string prefix, string? after)
    {
        // The least text that a name may be and that is less than the prefix itself: the prefix, a character lower.
        var before = prefix.Length == 0 ? "" : $"{prefix[..^1]}{(char)(prefix[^1] - 1)}{Past}";
        return (after is not null && string.CompareOrdinal(after, before) > 0 ? after : before, prefix + Past);
    }
}
