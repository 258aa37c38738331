using System.CommandLine;
using Granary.Formats;
using Granary.Server.Commands;

namespace Granary.Tests.Commands;

public sealed class ConnectionsCommandTests
{
    [Fact]
    public async Task Prints_one_line_each_without_secrets_where_there_is_no_terminal()
    {
        var (code, output, errors) = await RunAsync("https://u:s3cret@a.test/simple");
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd('\r').Split('\t')).ToList();
        Assert.Equal(Sources.Connections, lines.Select(line => line[0]));
        Assert.All(lines, line => Assert.Equal(4, line.Length));
        Assert.Contains(lines, line => line is ["public:pypi", "pypi", "https://a.test/simple/", "configuration key ExternalConnections:public:pypi"]);
        Assert.DoesNotContain("s3cret", output, StringComparison.Ordinal);
        Assert.Equal((0, ""), (code, errors));
    }

    [Fact]
    public async Task Fails_for_a_faulty_key_and_names_it()
    {
        var (code, _, errors) = await RunAsync("nowhere");
        Assert.Equal(1, code);
        Assert.Contains("ExternalConnections:public:pypi cannot be used", errors, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(string address)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var data = Directory.CreateTempSubdirectory("granary-data-");
        try
        {
            await File.WriteAllTextAsync(
                Path.Combine(data.FullName, "granary.json"),
                $$"""{ "ExternalConnections": { "public": { "pypi": "{{address}}" } } }""",
                TestContext.Current.CancellationToken);
            var code = await ConnectionsCommand.Create().Parse(["--data", data.FullName]).InvokeAsync(
                new InvocationConfiguration { Output = output, Error = errors }, TestContext.Current.CancellationToken);
            return (code, output.ToString(), errors.ToString());
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }
}
