using Granary.Core.Upstreams;
using Granary.Formats;
using Granary.Formats.Maven;

namespace Granary.Tests.Formats.Maven;

public sealed class MavenConnectionsTests : IDisposable
{
    private readonly TestMachine machine = new();

    [Theory]
    [InlineData("central", true)]
    [InlineData("*", true)]
    [InlineData("external:*", true)]
    [InlineData("other, central", true)]
    [InlineData("*,!central", false)]
    [InlineData("external:http:*", false)]
    [InlineData("google", false)]
    public async Task Takes_a_mirror_whose_pattern_matches(string pattern, bool matches)
    {
        machine.Write("home/.m2/settings.xml", Settings($"<mirrors>{Mirror("m", pattern, "https://m.test/maven2")}</mirrors>"));
        var found = await Discover("public:maven-central");
        Assert.Equal(matches ? "https://m.test/maven2/" : null, found.Address?.AbsoluteUri);
    }

    [Fact]
    public async Task Prefers_the_mirror_that_names_the_repository_and_passes_over_a_blocked_one()
    {
        machine.Write("home/.m2/settings.xml", Settings($"""
            <mirrors>{Mirror("all", "*", "https://all.test/")}{Mirror("no", "central", "http://0.0.0.0/", "<blocked>true</blocked>")}
            {Mirror("one", "central", "https://one.test/")}</mirrors>
            <servers><server><id>one</id><username>u</username><password>${"{env.MAVEN_PASSWORD}"}</password></server></servers>
            """)).Set("MAVEN_PASSWORD", "p");
        TestMachine.AssertFound(await Discover("public:maven-central"), "https://one.test/", new SourceCredentials("u", "p", null));
        TestMachine.AssertFound(await Discover("public:maven-clojars"), "https://all.test/");
    }

    [Fact]
    public async Task Takes_a_repository_of_an_active_profile_only()
    {
        machine.Write("home/.m2/settings.xml", Settings("""
            <profiles>
              <profile><id>on</id><repositories><repository><id>google</id><url>https://g.test/m2</url></repository></repositories></profile>
              <profile><id>def</id><activation><activeByDefault>true</activeByDefault></activation>
                <pluginRepositories><pluginRepository><id>gradle-plugins</id><url>https://p.test/m2/</url></pluginRepository></pluginRepositories></profile>
              <profile><id>off</id><repositories><repository><id>clojars</id><url>https://c.test/</url></repository></repositories></profile>
            </profiles>
            <activeProfiles><activeProfile>on</activeProfile></activeProfiles>
            """));
        TestMachine.AssertFound(await Discover("public:maven-googleandroid"), "https://g.test/m2/");
        TestMachine.AssertFound(await Discover("public:maven-gradleplugins"), "https://p.test/m2/");
        TestMachine.AssertAbsent(await Discover("public:maven-clojars"), "No mirror or active repository clojars");
    }

    [Fact]
    public async Task The_users_settings_come_before_the_installations()
    {
        machine.Set("MAVEN_HOME", Path.Combine(machine.Home, "maven"))
            .Write("home/maven/conf/settings.xml", Settings($"<mirrors>{Mirror("i", "*", "https://i.test/")}</mirrors>"));
        TestMachine.AssertFound(await Discover("public:maven-central"), "https://i.test/");
        machine.Write("home/.m2/settings.xml", "<settings><mirrors>" + Mirror("u", "*", "https://u.test/") + "</mirrors></settings>");
        TestMachine.AssertFound(await Discover("public:maven-central"), "https://u.test/");
    }

    [Theory]
    [InlineData("<settings><mirrors>")]
    [InlineData("")]
    [InlineData("<!DOCTYPE settings [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><settings><mirrors><mirror><id>m</id><mirrorOf>*</mirrorOf><url>https://m.test/&x;</url></mirror></mirrors></settings>")]
    public async Task Malformed_settings_are_none(string text)
    {
        machine.Write("home/.m2/settings.xml", text);
        TestMachine.AssertAbsent(await Discover("public:maven-central"), "is not well-formed XML without a document type");
    }

    [Fact]
    public async Task No_settings_are_none() => TestMachine.AssertAbsent(await Discover("public:maven-commonsware"), "Maven has no settings.xml");

    public void Dispose() => machine.Dispose();

    private static string Settings(string inner) => $"""<settings xmlns="http://maven.apache.org/SETTINGS/1.2.0">{inner}</settings>""";

    private static string Mirror(string id, string of, string url, string more = "") =>
        $"<mirror><id>{id}</id><mirrorOf>{of}</mirrorOf><url>{url}</url>{more}</mirror>";

    private Task<Discovery> Discover(string name) => machine.DiscoverAsync(MavenConnections.All, name);
}
