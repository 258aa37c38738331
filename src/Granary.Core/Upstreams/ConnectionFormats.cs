namespace Granary.Core.Upstreams;

/// <summary>Which format each external connection serves, by CodeArtifact's names; given by the formats at start.</summary>
public sealed class ConnectionFormats(IReadOnlyDictionary<string, string> formats)
{
    /// <summary>The format, or null for a name that is no connection's.</summary>
    public string? FormatOf(string connection) => formats.GetValueOrDefault(connection);
}
