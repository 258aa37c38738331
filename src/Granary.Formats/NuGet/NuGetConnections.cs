using Granary.Core.Upstreams;
using NuGet.Configuration;

namespace Granary.Formats.NuGet;

/// <summary>The first enabled V3 source over https in NuGet's own settings, read by NuGet's own library.</summary>
internal static class NuGetConnections
{
    public static IReadOnlyList<ExternalConnection> All { get; } =
        [new("public:nuget-org", "run dotnet nuget add source URL", DiscoverAsync)];

    private static Task<Discovery> DiscoverAsync(ClientMachine machine, CancellationToken cancellation) => Task.FromResult(Discover(machine));

    private static Discovery Discover(ClientMachine machine)
    {
        var files = Files(machine).Where(File.Exists).ToList();
        if (files.Count == 0)
        {
            // What the client writes into the user's file when it is first run.
            return Discovery.Found(NuGetConstants.V3FeedUrl, "NuGet's default, as it has no NuGet.Config");
        }

        try
        {
            var sources = PackageSourceProvider.LoadPackageSources(Settings.LoadSettingsGivenConfigPaths(files));
            return sources.FirstOrDefault(IsUsable) is { } source
                ? Discovery.Found(source.Source, $"source {source.Name} in {string.Join(", ", files)}", Credentials(source))
                : Discovery.Absent($"No enabled V3 source over https is in {string.Join(", ", files)}.");
        }
        catch (NuGetConfigurationException)
        {
            return Discovery.Absent($"NuGet cannot read {string.Join(", ", files)}.");
        }
    }

    /// <summary>NuGet's files, the one that wins first: the user's, those beside it, the machine's.</summary>
    private static IEnumerable<string> Files(ClientMachine machine)
    {
        var user = machine.Variable("APPDATA") is { } roaming
            ? Path.Combine(roaming, "NuGet")
            : Path.Combine(machine.Variable("DOTNET_CLI_HOME") ?? machine.Home, ".nuget", "NuGet");
        var shared = machine.Variable("NUGET_COMMON_APPLICATION_DATA") is { } common
            ? Path.Combine(common, "NuGet", "Config")
            : Path.Combine(machine.SystemFolder, "opt", "NuGet", "Config");
        return [.. InFolder(user), .. InFolder(Path.Combine(user, "config")), .. InFolder(shared)];
    }

    private static IEnumerable<string> InFolder(string folder)
    {
        try
        {
            return Directory.Exists(folder)
                ? [.. Directory.GetFiles(folder).Where(IsSettings).Order(StringComparer.Ordinal)]
                : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static bool IsSettings(string path) => Path.GetExtension(path).Equals(".config", StringComparison.OrdinalIgnoreCase);

    private static bool IsUsable(PackageSource source) =>
        source.IsEnabled && Uri.TryCreate(source.Source, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttps
        && (source.ProtocolVersion == 3 || address.AbsolutePath.EndsWith(".json", StringComparison.OrdinalIgnoreCase));

    private static SourceCredentials? Credentials(PackageSource source)
    {
        try
        {
            return source.Credentials is { } kept && kept.IsValid() ? new SourceCredentials(kept.Username, kept.Password, null) : null;
        }
        catch (NuGetConfigurationException)
        {
            // Encrypted for another user or another system: the source is tried without.
            return null;
        }
    }
}
