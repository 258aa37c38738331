namespace Granary.Formats.Maven;

/// <summary>
/// What stands for the public repositories in Maven's settings: a mirror, or a repository of an active profile, of the id that
/// builds give to each by convention. The central repository that is built into Maven is not asked for.
/// </summary>
internal static class MavenConnections
{
    public static IReadOnlyList<ExternalConnection> All { get; } =
    [
        Connection("public:maven-central", "central"),
        Connection("public:maven-googleandroid", "google", "google-android", "google-maven"),
        Connection("public:maven-gradleplugins", "gradle-plugins", "gradle-plugin-portal", "gradlePluginPortal"),
        Connection("public:maven-commonsware", "commonsware"),
        Connection("public:maven-clojars", "clojars"),
    ];

    private static ExternalConnection Connection(string name, params string[] ids) => new(
        name, $"add a mirror of {ids[0]} to Maven's settings.xml", (machine, _) => Task.FromResult(Discover(machine, ids)));

    private static Discovery Discover(ClientMachine machine, string[] ids)
    {
        var settings = MavenSettings.Load(machine);
        if (settings.Find(ids) is { } found)
        {
            return Discovery.Found(found.Url, $"{found.What} in {string.Join(", ", settings.Files)}", found.Credentials);
        }

        var files = (settings.Files.Count, settings.Malformed.Count) switch
        {
            (0, 0) => "Maven has no settings.xml.",
            (_, 0) => $"No mirror or active repository {ids[0]} is in {string.Join(", ", settings.Files)}.",
            _ => $"{string.Join(", ", settings.Malformed)} is not well-formed XML without a document type.",
        };
        return Discovery.Absent(files);
    }
}
