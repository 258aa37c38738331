using System.Collections.Concurrent;
using System.Collections.Immutable;
using Granary.Core;
using Granary.Core.Upstreams;
using Microsoft.Extensions.Configuration;

namespace Granary.Formats;

/// <summary>What is known of one external connection. <paramref name="Why"/> says where the address was found or why there is none.</summary>
public sealed record SourceResolution(string Connection, string Format, Source? Source, string Why);

/// <summary>
/// The addresses behind CodeArtifact's external connections: the configuration's <c>ExternalConnections:{name}</c> (children
/// <c>Username</c>, <c>Password</c>, <c>Token</c>), else what the machine's own clients are set to. Either is asked when a
/// connection is first used, once for all who wait, and again after <see cref="Refresh"/>; where there was none, half a minute later.
/// </summary>
public sealed class Sources(IConfiguration configuration, ClientMachine machine, TimeProvider time, SourceMemory? memory = null)
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "ExternalConnections";

    /// <summary>How long the discovery of one address may take.</summary>
    private static readonly TimeSpan DiscoveryTimeout = TimeSpan.FromSeconds(5);

    // Whoever sets up a client because of the message sees it work soon, and a listing that is asked often starts no process each time.
    private static readonly TimeSpan AbsenceLasts = TimeSpan.FromSeconds(30);

    private static readonly ImmutableDictionary<string, (PackageFormat Format, ExternalConnection Connection)> known =
        PackageFormats.All.SelectMany(format => format.Connections, (format, connection) => (format, connection))
            .ToImmutableDictionary(pair => pair.connection.Name);

    private readonly ConcurrentDictionary<string, Attempt> attempts = new();

    public Sources(IConfiguration configuration, SourceMemory? memory = null)
        : this(configuration, ClientMachine.Current, TimeProvider.System, memory)
    {
    }

    /// <summary>The names of every connection, in the order of the formats.</summary>
    public static IReadOnlyList<string> Connections { get; } =
        [.. PackageFormats.All.SelectMany(format => format.Connections).Select(connection => connection.Name)];

    /// <summary>
    /// The source of a connection. Its absence is a resolution without a source, a faulty configuration too: a client's address
    /// never takes the place of one that a person meant to give.
    /// </summary>
    /// <exception cref="Refusal">CodeArtifact has no connection of that name.</exception>
    public Task<SourceResolution> ResolveAsync(string connectionName, CancellationToken cancellation)
    {
        if (!known.TryGetValue(connectionName, out var entry))
        {
            throw Refusal.Validation($"There is no external connection {connectionName}. Use one of {string.Join(", ", Connections)}.");
        }

        // Not under the caller's token: the answer is for everybody who waits and for those who come later.
        if (!attempts.TryGetValue(connectionName, out var attempt) || IsStale(attempt))
        {
            attempt = attempts.AddOrUpdate(
                connectionName,
                _ => Ask(entry.Format, entry.Connection),
                (_, last) => IsStale(last) ? Ask(entry.Format, entry.Connection) : last);
        }

        return attempt.Answer.Value.WaitAsync(cancellation);
    }

    /// <summary>Forgets what configuration and clients said; the next use asks them again.</summary>
    public void Refresh() => attempts.Clear();

    /// <summary>What is wrong with the section, one sentence for each key, for the start of the server to report.</summary>
    public IReadOnlyList<string> Faults()
    {
        var section = configuration.GetSection(Section);
        var unknown = section.GetChildren()
            .SelectMany(prefix => prefix.Value is null ? prefix.GetChildren().Select(name => $"{prefix.Key}:{name.Key}") : [prefix.Key])
            .Where(name => !Connections.Contains(name, StringComparer.OrdinalIgnoreCase))
            .Select(name => $"{Section}:{name} names no external connection. Use one of {string.Join(", ", Connections)}.");
        return [.. unknown, .. Connections.Select(name => ConfiguredSource.Read(section, name)?.Fault).OfType<string>()];
    }

    private Attempt Ask(PackageFormat format, ExternalConnection connection) =>
        new(time.GetTimestamp(), new(() =>
            ConfiguredSource.Read(configuration.GetSection(Section), connection.Name) is { } configured
                ? Task.FromResult(new SourceResolution(
                    connection.Name, format.Name, configured.Source, configured.Fault ?? $"configuration key {Section}:{connection.Name}"))
                : DiscoverAsync(format, connection)));

    private bool IsStale(Attempt attempt) =>
        attempt.Answer is { IsValueCreated: true, Value: { IsCompletedSuccessfully: true, Result.Source: null } }
        && time.GetElapsedTime(attempt.Began) > AbsenceLasts;

    private async Task<SourceResolution> DiscoverAsync(PackageFormat format, ExternalConnection connection)
    {
        var advice = $"Set {Section}:{connection.Name} or {connection.Setup}.";
        using var limit = new CancellationTokenSource(DiscoveryTimeout);
        try
        {
            // Some clients' settings are read without awaiting; the request that came first must not pay with its thread.
            var found = Settle(connection, await Task.Run(() => connection.Discover(machine, limit.Token), limit.Token).WaitAsync(limit.Token));
            return found.Address is null
                ? new SourceResolution(connection.Name, format.Name, null, $"{found.Why} {advice}")
                : new SourceResolution(connection.Name, format.Name, new Source(connection.Name, found.Address, found.Credentials), found.Why);
        }
        catch (OperationCanceledException)
        {
            var why = $"The machine's own client did not say its address within {DiscoveryTimeout.TotalSeconds:0} s. {advice}";
            return new SourceResolution(connection.Name, format.Name, null, why);
        }
    }

    /// <summary>A client that was signed in to a repository no longer says where its public source is.</summary>
    private Discovery Settle(ExternalConnection connection, Discovery found)
    {
        if (found.Address is { } address && SourceMemory.IsRepository(address))
        {
            return memory?.Recall(connection.Name) ?? Discovery.Absent($"{found.Why} points to a CodeArtifact repository, which is no public source.");
        }

        if (found.Address is not null)
        {
            memory?.Remember(connection.Name, found);
        }

        return found;
    }

    private sealed record Attempt(long Began, Lazy<Task<SourceResolution>> Answer);
}
