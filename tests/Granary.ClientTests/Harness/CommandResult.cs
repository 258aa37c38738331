namespace Granary.ClientTests.Harness;

/// <summary>What a client did. Clients warn on stderr whenever they like, so nothing may assert that it is empty.</summary>
public sealed record CommandResult(string Command, int ExitCode, string Output, string Error)
{
    /// <summary>
    /// Both streams, for finding a message wherever the client put it; without what moves a terminal's cursor, which the file of results,
    /// as XML, cannot hold.
    /// </summary>
    public string Everything => string.Concat($"{Output}\n{Error}".Where(c => !char.IsControl(c) || c is '\n' or '\t'));

    public CommandResult MustSucceed()
    {
        Assert.True(ExitCode == 0, $"Expected success, got exit code {ExitCode}: {Command}\n{Everything}");
        return this;
    }

    /// <summary>Fails unless the client failed too and said at least one of <paramref name="words"/>.</summary>
    public CommandResult MustFail(params string[] words)
    {
        Assert.True(ExitCode != 0, $"Expected a failure, got success: {Command}\n{Everything}");
        if (words.Length > 0)
        {
            Assert.True(
                words.Any(word => Everything.Contains(word, StringComparison.OrdinalIgnoreCase)),
                $"Expected one of [{string.Join(" | ", words)}]: {Command}\n{Everything}");
        }

        return this;
    }
}
