namespace Granary.Server.Diagnosis;

internal enum FindingKind
{
    Good,

    /// <summary>Nothing is wrong, but somebody may want to know.</summary>
    Note,

    Bad,
}

/// <summary>What one check has found.</summary>
/// <param name="Topic">A word or two, such as <c>database</c>.</param>
/// <param name="Advice">What to do; null where nothing is to be done.</param>
internal sealed record Finding(FindingKind Kind, string Topic, string Text, string? Advice)
{
    public static Finding Good(string topic, string text) => new(FindingKind.Good, topic, text, null);

    public static Finding Note(string topic, string text) => new(FindingKind.Note, topic, text, null);

    public static Finding Bad(string topic, string text, string advice) => new(FindingKind.Bad, topic, text, advice);

    /// <summary>One line, and below it what to do.</summary>
    public override string ToString()
    {
        var sign = Kind switch { FindingKind.Good => '✓', FindingKind.Note => '–', _ => '✗' };
        return $"{sign} {Topic}: {Text.ReplaceLineEndings(" ")}{(Advice is null ? "" : $"\n    {Advice.ReplaceLineEndings(" ")}")}";
    }
}
