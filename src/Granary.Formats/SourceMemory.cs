using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Granary.Core.Assets;
using Granary.Core.Upstreams;

namespace Granary.Formats;

/// <summary>
/// The addresses that clients on this machine answered last. <c>aws codeartifact login</c> points those same clients to this
/// server, and from then on only this file knows where they went before: a source that is this server itself is no source.
/// </summary>
/// <param name="path">A file, readable by its owner alone, since credentials found beside an address are in it.</param>
public sealed partial class SourceMemory(string path)
{
    private readonly Lock writing = new();
    private readonly ConcurrentDictionary<string, RememberedSource> sources = Load(path);

    /// <summary>Whether an address is a repository of CodeArtifact or of Granary, by either form of such addresses.</summary>
    public static bool IsRepository(Uri address) => RepositoryPath().IsMatch(address.AbsolutePath) || RepositoryHost().IsMatch(address.IdnHost);

    /// <summary>The last address that was no repository, or null.</summary>
    public Discovery? Recall(string connection) =>
        sources.TryGetValue(connection, out var source)
            ? new Discovery($"{source.Why}, before the client was pointed to a CodeArtifact repository", source.Address, source.Credentials)
            : null;

    public void Remember(string connection, Discovery found)
    {
        var source = new RememberedSource(found.Address!, found.Credentials, found.Why);
        lock (writing)
        {
            if (!sources.TryGetValue(connection, out var known) || known != source)
            {
                sources[connection] = source;
                DurableFile.WritePrivate(path, JsonSerializer.SerializeToUtf8Bytes(sources.ToDictionary(), SourceMemoryJson.Default.DictionaryStringRememberedSource));
            }
        }
    }

    private static ConcurrentDictionary<string, RememberedSource> Load(string path)
    {
        try
        {
            return File.Exists(path)
                ? new(JsonSerializer.Deserialize(File.ReadAllBytes(path), SourceMemoryJson.Default.DictionaryStringRememberedSource) ?? [])
                : new();
        }
        catch (JsonException)
        {
            return new(); // It holds nothing that cannot be found or configured again.
        }
    }

    [GeneratedRegex(@"^/[a-z]+/d/[a-z][a-z0-9-]*-[0-9]{12}/", RegexOptions.NonBacktracking)]
    private static partial Regex RepositoryPath();

    [GeneratedRegex(@"^[a-z][a-z0-9-]*-[0-9]{12}\.(d\.)?codeartifact\.", RegexOptions.NonBacktracking)]
    private static partial Regex RepositoryHost();
}

internal sealed record RememberedSource(Uri Address, SourceCredentials? Credentials, string Why)
{
    public override string ToString() => Address.Host;
}

[JsonSerializable(typeof(Dictionary<string, RememberedSource>))]
internal sealed partial class SourceMemoryJson : JsonSerializerContext;
