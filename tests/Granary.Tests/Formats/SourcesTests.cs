using Granary.Core;
using Granary.Core.Upstreams;
using Granary.Formats;
using Microsoft.Extensions.Configuration;

namespace Granary.Tests.Formats;

public sealed class SourcesTests : IDisposable
{
    private readonly TestMachine machine = new();
    private readonly ManualTime time = new(DateTimeOffset.UnixEpoch);

    [Fact]
    public async Task The_configuration_comes_before_the_clients()
    {
        machine.Set("PIP_INDEX_URL", "https://no.test/");
        var found = await ResolveAsync(("ExternalConnections:public:pypi", "https://a.test/simple"));
        Assert.Equal(new Source("public:pypi", new Uri("https://a.test/simple/"), null), found.Source);
        Assert.Equal(("pypi", "configuration key ExternalConnections:public:pypi"), (found.Format, found.Why));
    }

    [Theory]
    [InlineData("https://a.test/", "u", "p@:/%", null)]
    [InlineData("https://u:p%40%3A%2F%25@a.test/", null, null, null)]
    public async Task A_password_is_given_in_keys_or_in_the_address(string address, string? name, string? password, string? token)
    {
        var found = await ResolveAsync(
            ("ExternalConnections:public:pypi", address), ("ExternalConnections:public:pypi:Username", name),
            ("ExternalConnections:public:pypi:Password", password), ("ExternalConnections:public:pypi:Token", token));
        Assert.Equal(new Source("public:pypi", new Uri("https://a.test/"), new SourceCredentials("u", "p@:/%", null)), found.Source);
        Assert.DoesNotContain("p@:/%", found.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("%40", found.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_is_given_alone()
    {
        var found = await ResolveAsync(("ExternalConnections:public:pypi", "https://a.test/"), ("ExternalConnections:public:pypi:Token", "t"));
        Assert.Equal(new SourceCredentials(null, null, "t"), found.Source?.Credentials);
    }

    [Theory]
    [InlineData("a.test", null, null, null)]
    [InlineData("ftp://a.test/", null, null, null)]
    [InlineData("https://a.test/?key=s3cret", null, null, null)]
    [InlineData("https://a.test/", "u", null, null)]
    [InlineData("https://a.test/", null, "s3cret", null)]
    [InlineData("https://a.test/", "u", "s3cret", "t")]
    [InlineData("https://u:s3cret@a.test/", null, null, "t")]
    [InlineData(null, "u", "s3cret", null)]
    public async Task A_fault_names_the_key_repeats_no_secret_and_hides_the_clients(string? address, string? name, string? password, string? token)
    {
        machine.Set("PIP_INDEX_URL", "https://no.test/");
        (string, string?)[] settings =
        [
            ("ExternalConnections:public:pypi", address), ("ExternalConnections:public:pypi:Username", name),
            ("ExternalConnections:public:pypi:Password", password), ("ExternalConnections:public:pypi:Token", token),
        ];
        var found = await ResolveAsync(settings);
        Assert.Null(found.Source);
        Assert.Contains("ExternalConnections:public:pypi", found.Why, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", found.Why, StringComparison.Ordinal);
        Assert.Equal([found.Why], Build(settings).Faults());
    }

    [Fact]
    public void A_misspelt_connection_is_a_fault() =>
        Assert.StartsWith(
            "ExternalConnections:public:pipy names no external connection",
            Assert.Single(Build(("ExternalConnections:public:pipy", "https://a.test/")).Faults()),
            StringComparison.Ordinal);

    [Fact]
    public async Task An_unknown_connection_is_refused() =>
        Assert.Equal(RefusalKind.Validation, (await Assert.ThrowsAsync<Refusal>(() => Build().ResolveAsync("public:x", TestContext.Current.CancellationToken))).Kind);

    [Fact]
    public async Task Absence_says_what_to_do()
    {
        var found = await ResolveAsync();
        Assert.Null(found.Source);
        Assert.EndsWith("Set ExternalConnections:public:pypi or run pip config set global.index-url URL.", found.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_is_asked_once_until_refreshed()
    {
        machine.Install("pip", "echo x >>asked; echo https://a.test/").Set("PATH", machine.Build().Variable("PATH") + ":/usr/bin:/bin");
        var sources = Build();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => sources.ResolveAsync("public:pypi", TestContext.Current.CancellationToken)));
        time.Advance(TimeSpan.FromHours(1));
        await sources.ResolveAsync("public:pypi", TestContext.Current.CancellationToken);
        Assert.Single(await File.ReadAllLinesAsync(Path.Combine(machine.Home, "asked"), TestContext.Current.CancellationToken));

        sources.Refresh();
        await sources.ResolveAsync("public:pypi", TestContext.Current.CancellationToken);
        Assert.Equal(2, (await File.ReadAllLinesAsync(Path.Combine(machine.Home, "asked"), TestContext.Current.CancellationToken)).Length);
    }

    [Fact]
    public async Task Absence_is_believed_for_half_a_minute()
    {
        var sources = Build();
        Assert.Null((await sources.ResolveAsync("public:pypi", TestContext.Current.CancellationToken)).Source);
        machine.Write("home/.pip/pip.conf", "[global]\nindex-url=https://a.test/");
        Assert.Null((await sources.ResolveAsync("public:pypi", TestContext.Current.CancellationToken)).Source);
        time.Advance(TimeSpan.FromSeconds(31));
        Assert.NotNull((await sources.ResolveAsync("public:pypi", TestContext.Current.CancellationToken)).Source);
    }

    [Fact]
    public void Knows_the_connections_of_CodeArtifact()
    {
        string[] all =
        [
            "public:npmjs", "public:pypi", "public:maven-central", "public:maven-googleandroid", "public:maven-gradleplugins",
            "public:maven-commonsware", "public:maven-clojars", "public:nuget-org", "public:ruby-gems-org", "public:crates-io",
        ];
        Assert.Equal(all, Sources.Connections);
    }

    public void Dispose() => machine.Dispose();

    private Task<SourceResolution> ResolveAsync(params (string Key, string? Value)[] settings) =>
        Build(settings).ResolveAsync("public:pypi", TestContext.Current.CancellationToken);

    private Sources Build(params (string Key, string? Value)[] settings) => new(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(pair => KeyValuePair.Create(pair.Key, pair.Value))).Build(),
        machine.Build(),
        time);
}
