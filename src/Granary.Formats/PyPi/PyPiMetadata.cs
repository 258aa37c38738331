using System.Text;
using System.Text.Unicode;
using Granary.Core;

namespace Granary.Formats.PyPi;

/// <summary>Core metadata (PEP 566, 621, 643): the METADATA of a wheel or the PKG-INFO of an sdist, as far as it is used here.</summary>
internal sealed record PyPiMetadata
{
    // Fields that mean nothing where there are two of them.
    private static readonly string[] Single =
        ["metadata-version", "name", "version", "summary", "home-page", "license", "license-expression", "requires-python", "description", "author", "author-email", "keywords"];

    public required string Name { get; init; }

    public required string Version { get; init; }

    public string? Summary { get; init; }

    public string? HomePage { get; init; }

    public string? License { get; init; }

    public string? Author { get; init; }

    public string? AuthorEmail { get; init; }

    public string? Keywords { get; init; }

    public string? RequiresPython { get; init; }

    public string? Description { get; init; }

    public IReadOnlyList<string> RequiresDist { get; init; } = [];

    /// <summary>Label and address, with a comma between them.</summary>
    public IReadOnlyList<string> ProjectUrls { get; init; } = [];

    public IReadOnlyList<string> Classifiers { get; init; } = [];

    /// <exception cref="Refusal">Validation: it is not UTF-8, has no header form, lacks name or version, or has a field twice that is one.</exception>
    public static PyPiMetadata Read(ReadOnlySpan<byte> text)
    {
        if (!Utf8.IsValid(text) || text.Contains((byte)0))
        {
            throw Broken("it is not UTF-8");
        }

        var (fields, body) = Split(Encoding.UTF8.GetString(text.StartsWith("\uFEFF"u8) ? text[3..] : text).ReplaceLineEndings("\n"));
        string? One(string field) => fields.GetValueOrDefault(field)?[0] is { Length: > 0 } value && value is not "UNKNOWN" ? value : null;
        foreach (var field in Single)
        {
            if (fields.GetValueOrDefault(field) is { Count: > 1 })
            {
                throw Broken($"it has more than one {field}");
            }
        }

        return new PyPiMetadata
        {
            Name = One("name") is { } name && PyPiName.IsValid(name) ? name : throw Broken("it has no valid Name"),
            Version = One("version") is { } version && PyPiVersion.Parse(version) is not null ? version : throw Broken("it has no Version by PEP 440"),
            Summary = One("summary"),
            HomePage = One("home-page"),
            License = One("license-expression") ?? One("license"),
            Author = One("author"),
            AuthorEmail = One("author-email"),
            Keywords = One("keywords"),
            RequiresPython = One("requires-python"),
            Description = string.IsNullOrWhiteSpace(body) ? Unfold(One("description")) : body,
            RequiresDist = fields.GetValueOrDefault("requires-dist") ?? [],
            ProjectUrls = fields.GetValueOrDefault("project-url") ?? [],
            Classifiers = fields.GetValueOrDefault("classifier") ?? [],
        };
    }

    private static Refusal Broken(string what) =>
        Refusal.Validation($"The metadata in the distribution cannot be read: {what}. Build the package again and publish that.");

    private static (Dictionary<string, List<string>> Fields, string Body) Split(string text)
    {
        var fields = new Dictionary<string, List<string>>(StringComparer.OrdinalIgnoreCase);
        List<string>? values = null;
        while (text.Length > 0)
        {
            var end = text.IndexOf('\n', StringComparison.Ordinal);
            var line = end < 0 ? text : text[..end];
            text = end < 0 ? "" : text[(end + 1)..];
            if (line.Length == 0)
            {
                return (fields, text);
            }

            if (line[0] is ' ' or '\t')
            {
                _ = values ?? throw Broken("it begins with a continued line");
                values[^1] = $"{values[^1]}\n{line}";
                continue;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || line.AsSpan(0, colon).ContainsAny(' ', '\t'))
            {
                throw Broken("a line of it is no field");
            }

            if (!fields.TryGetValue(line[..colon], out values))
            {
                fields.Add(line[..colon], values = []);
            }

            values.Add(line[(colon + 1)..].Trim());
        }

        return (fields, "");
    }

    // Before it had a body, the description was a folded field: lines begin with eight blanks, or with seven and a bar.
    private static string? Unfold(string? description) =>
        description is null ? null : string.Join('\n', description.Split('\n').Select(line => line.StartsWith("       |", StringComparison.Ordinal) || line.StartsWith("        ", StringComparison.Ordinal) ? line[8..] : line));
}
