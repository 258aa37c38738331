using System.Globalization;
using System.Text.RegularExpressions;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Operations;

/// <summary>
/// The short form of <c>tests/crash/run</c>: publishers of every format, a server that dies at random instants, and a checker with a
/// ledger that shares no code with it. By hand it goes on for thousands of deaths.
/// </summary>
public sealed partial class CrashTests
{
    // Seconds. With nothing else on the machine that is a dozen deaths of each kind; beside the rest of the suite fewer.
    private const int Load = 25;

    // Deaths. With fewer the run has shown nothing.
    private const int Fewest = 2;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData("--kills")]
    [InlineData("--power-losses")]
    public async Task Nothing_that_was_acknowledged_is_lost_and_nothing_is_half_there(string death)
    {
        var result = await RunAsync("run", death, "15", "--longest", "1", "--seconds", $"{Load}", "--slack", "10", "--server", GranaryServer.Program);
        var said = Counts().Match(result.MustSucceed().Output);
        Assert.True(said.Success, result.Output);
        Assert.True(Number(said, "kills") + Number(said, "losses") >= Fewest && Number(said, "checked") > 0, result.Output);
    }

    [Fact]
    public async Task A_disk_that_fails_at_any_step_of_a_publish_loses_nothing_and_is_told_of()
    {
        var result = await RunAsync("faults", "--every", "7", "--seconds", $"{Load}", "--server", GranaryServer.Program);
        Assert.Matches(@"[1-9]\d* failures met in .* [1-9]\d* kills; 0 violations", result.MustSucceed().Output);
    }

    [Fact]
    public async Task A_clock_that_is_set_two_hours_ahead_or_back_stops_nothing_and_loses_nothing()
    {
        var result = await RunAsync("clocks", "--server", GranaryServer.Program);
        Assert.Matches("7 jumps in .* 0 violations", result.MustSucceed().Output);
    }

    [Fact]
    public async Task Publishing_is_linearizable()
    {
        var result = await RunAsync("histories", "--histories", "10", "--operations", "100", "--seconds", $"{Load}", "--server", GranaryServer.Program);
        Assert.Matches(@"[1-9]\d* histories, [1-9]\d* operations in \d+ s; 0 not linearizable", result.MustSucceed().Output);
    }

    [Fact]
    public async Task Each_change_is_delivered_and_none_is_invented_though_server_and_receiver_are_killed()
    {
        var result = await RunAsync("events", "--changes", "600", "--longest", "2", "--server", GranaryServer.Program);
        Assert.Matches(@"[1-9]\d* changes, [1-9]\d* deliveries, .* 0 violations", result.MustSucceed().Output);
    }

    [Fact]
    public async Task The_checker_of_histories_tells_good_ones_from_bad_ones()
    {
        var result = await RunAsync("linear_test.py");
        Assert.Contains("OK", result.MustSucceed().Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_bug_that_it_must_find_can_still_be_planted()
    {
        var place = Walkthrough.Checkout();
        var bugs = Directory.GetFiles(Path.Combine(place, "tests", "crash", "bugs"), "*.patch");
        Assert.InRange(bugs.Length, 16, int.MaxValue);
        using var home = new ClientHome();
        foreach (var bug in bugs)
        {
            (await Command.RunAsync("git", ["apply", "--check", bug], place, home.Environment)).MustSucceed();
        }
    }

    private static int Number(Match match, string name) => int.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture);

    private static async Task<CommandResult> RunAsync(string program, params string[] arguments)
    {
        using var home = new ClientHome();
        string[] command = ["-B", Path.Combine(AppContext.BaseDirectory, "crash", program), .. arguments];
        return await Command.RunAsync(Tool.Python[0], command, home.Path, home.Environment, Limit);
    }

    [GeneratedRegex(@"(?<kills>\d+) kills, (?<losses>\d+) power losses in .* (?<checked>\d+) acknowledgements checked")]
    private static partial Regex Counts();
}
