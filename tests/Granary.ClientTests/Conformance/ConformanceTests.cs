namespace Granary.ClientTests.Conformance;

/// <summary>
/// Asserts topic by topic what the run found; a failure names the operation, the probe and the answer.
/// <para>
/// The SDK's list of commands, at the version of the lock file, says which operations there are. Each is held against botocore's model,
/// and against the SDK's own classes. Where the only botocore is the distribution's own and it is old, what its model lacks rests on the
/// SDK's calls alone; with any other old one the run fails and asks for a newer.
/// </para>
/// </summary>
public sealed class ConformanceTests(ConformanceRun run) : IClassFixture<ConformanceRun>
{
    private const int Operations = 48;
    private const int Listings = 11;

    [Fact]
    public void Every_operation_of_the_API_is_called()
    {
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"botocore {run.Botocore.Version}, model {run.Model["model"]}, {run.Botocore.Operations} operations, {run.Model["requests"]} requests");
        Assert.Equal(Operations, run.Commands.Count);
        Assert.True(
            run.Botocore.Operations == Operations || (run.Botocore.Operations < Operations && run.Botocore.IsDebian),
            $"botocore {run.Botocore.Version} knows {run.Botocore.Operations} operations: install one that knows {Operations}, or, where there are more today, a newer SDK.");
        Assert.Equal(Operations - run.Botocore.Operations, run.NotInModel.Count);
        var called = run.Rows.Where(row => (int)row["validCalls"]! > 0 && (int)row["probes"]! > 0).Select(row => (string)row["operation"]!);
        Assert.Equal(run.Commands.Except(run.NotInModel).Except(run.NotThereYet).Order(StringComparer.Ordinal), called.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("valid")]
    [InlineData("coverage")]
    [InlineData("pages")]
    [InlineData("probes")]
    [InlineData("unknown")]
    [InlineData("signatures")]
    public void Each_answer_is_as_the_model_has_it(string topic)
    {
        var wrong = run.Rows.SelectMany(row => row["failures"]!.AsArray().Where(failure => (string)failure!["topic"]! == topic).Select(failure => $"{row["operation"]}: {failure!.ToJsonString()}"));
        Assert.Empty(wrong);
    }

    [Fact]
    public void Refused_calls_change_nothing() => Assert.True((bool)run.Model["worldUnchangedByRefusals"]!);

    [Fact]
    public void Each_listing_that_has_pages_is_walked()
    {
        var walked = run.Model["paginators"]!.AsArray().ToDictionary(row => (string)row!["operation"]!, row => (int)row!["items"]!);
        Assert.True(run.NotInModel.Count > 0 || walked.Count == Listings, $"{walked.Count} listings, {Listings} have pages");
        Assert.All(walked, listing => Assert.InRange(listing.Value, 1, int.MaxValue));
    }

    [Fact]
    public void Each_exception_is_still_needed() => Assert.Empty(run.Model["unusedExceptions"]!.AsArray());

    [Fact]
    public void AWSs_JavaScript_SDK_understands_each_answer_and_each_error()
    {
        var rows = run.Sdk["operations"]!.AsArray().Where(row => !run.NotThereYet.Contains((string)row!["operation"]!)).ToList();
        Assert.Equal(run.Commands.Except(run.NotThereYet), rows.Select(row => (string)row!["operation"]!));
        Assert.Empty(rows.SelectMany(row => row!["failures"]!.AsArray().Select(failure => $"{row["operation"]}: {failure!.ToJsonString()}")));
        Assert.All(rows, row => Assert.True((int)row!["valid"]! > 0 && (int)row["refused"]! > 0, $"{row["operation"]} was not called both ways"));
    }

    [Fact]
    public void The_server_met_nothing_that_nobody_foresaw() =>
        Assert.DoesNotContain("nobody foresaw", run.ServerLog, StringComparison.Ordinal);

    /// <summary><c>REGENERATE=1 ./test compatibility</c> writes the table anew; look at what has changed.</summary>
    [Fact]
    public async Task Docs_compatibility_says_what_the_run_found()
    {
        var generated = CompatibilityTable.Render(run);
        if (Environment.GetEnvironmentVariable("REGENERATE") == "1")
        {
            await CompatibilityTable.WriteAsync(generated);
        }

        // Numbers can be compared only between runs by the same model.
        var committed = await CompatibilityTable.ReadAsync();
        var same = CompatibilityTable.ModelOf(committed) == CompatibilityTable.ModelOf(generated);
        Assert.Equal(
            same ? generated : CompatibilityTable.WithoutNumbers(generated),
            same ? committed : CompatibilityTable.WithoutNumbers(committed));
    }
}
