using Granary.Server.Events.Targets;
using Granary.Server.Hosting;

namespace Granary.Tests.Hosting;

/// <summary>What operators write of how events are sent.</summary>
public sealed class EventSettingsTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("granary");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void Events_go_to_AWS_within_five_seconds_where_nothing_is_said()
    {
        var options = Read("{}");
        Assert.Equal(TimeSpan.FromSeconds(5), options.Timeout);
        Assert.Empty(options.AllowedNetworks);
        Assert.Empty(options.Endpoints);
        Assert.Null(options.AccessKeyId);
    }

    [Fact]
    public void All_of_it_can_be_set()
    {
        var options = Read("""
            {"Timeout": "10s", "AllowedNetworks": "10.0.0.0/8; 192.0.2.1", "AccessKeyId": "key", "SecretAccessKey": "secret",
             "Endpoints": {"sqs": "http://127.0.0.1:9324/", "Lambda": "https://lambda.example.com/base"}}
            """);
        Assert.Equal(TimeSpan.FromSeconds(10), options.Timeout);
        Assert.Equal(["10.0.0.0/8", "192.0.2.1/32"], options.AllowedNetworks.Select(network => network.ToString()));
        Assert.Equal(("key", "secret"), (options.AccessKeyId, options.SecretAccessKey));
        Assert.Equal(
            [("lambda", new Uri("https://lambda.example.com/base")), ("sqs", new Uri("http://127.0.0.1:9324/"))],
            options.Endpoints.Select(endpoint => (endpoint.Key, endpoint.Value)).OrderBy(endpoint => endpoint.Key, StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("""{"Timeout": "0"}""", "Events:Timeout: an attempt takes from 1s to 60s.")]
    [InlineData("""{"Timeout": "2m"}""", "Events:Timeout: an attempt takes from 1s to 60s.")]
    [InlineData("""{"Timeout": "5"}""", "Events:Timeout: '5' is no span of time.")]
    [InlineData("""{"AllowedNetworks": "inside"}""", "Events:AllowedNetworks: 'inside' is neither an address nor a network.")]
    [InlineData("""{"Endpoints": {"s3": "http://127.0.0.1/"}}""", "Events:Endpoints:s3: there is no such setting.")]
    [InlineData("""{"Endpoints": {"sqs": "127.0.0.1"}}""", "Events:Endpoints:sqs: '127.0.0.1' is not an absolute http or https address.")]
    [InlineData("""{"Endpoints": {"sqs": "http://a:hidden@127.0.0.1/"}}""", "Events:Endpoints:sqs: write the service's address alone")]
    [InlineData("""{"AccessKeyId": "hidden"}""", "Events:SecretAccessKey: it is missing.")]
    [InlineData("""{"SecretAccessKey": "hidden"}""", "Events:AccessKeyId: it is missing.")]
    [InlineData("""{"TimeOut_": "5s"}""", "Events:TimeOut_: there is no such setting. Did you mean Events:Timeout?")]
    public void What_cannot_be_is_named_and_never_a_key(string json, string message)
    {
        var said = Assert.Throws<FormatException>(() => Read(json)).Message;
        Assert.Contains(message, said, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", said, StringComparison.Ordinal);
    }

    private EventTargetOptions Read(string json)
    {
        File.WriteAllText(Path.Combine(folder.FullName, "granary.json"), $$"""{"Events": {{json}}}""");
        return Settings.Read(folder.FullName, null, null, quickstart: false).EventTargets;
    }
}
