namespace Granary.Formats.Ruby;

/// <summary>Where gem's first source is: what gem answers, else the .gemrc files.</summary>
internal static class RubyConnections
{
    public static IReadOnlyList<ExternalConnection> All { get; } =
        [new("public:ruby-gems-org", "run gem sources --add URL", DiscoverAsync)];

    private static async Task<Discovery> DiscoverAsync(ClientMachine machine, CancellationToken cancellation)
    {
        var listed = await machine.RunAsync("gem", ["sources", "--list"], cancellation) ?? "";
        if (listed.Split('\n').Select(line => line.Trim()).FirstOrDefault(IsAddress) is { } answer)
        {
            return Discovery.Found(answer, "gem sources --list");
        }

        string[] files =
        [
            .. (machine.Variable("GEMRC") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
            machine.InHome(".gemrc"),
            Path.Combine(machine.Variable("XDG_CONFIG_HOME") ?? machine.InHome(".config"), "gem", "gemrc"),
            Path.Combine(machine.SystemFolder, "gemrc"),
        ];
        foreach (var path in files)
        {
            if (FirstSource(ClientMachine.ReadText(path) ?? "") is { } address)
            {
                return Discovery.Found(address, path);
            }
        }

        return Discovery.Absent("gem did not answer, and no .gemrc names a source.");
    }

    /// <summary>The first entry of <c>:sources:</c>. RubyGems writes that list in YAML's block style, one entry a line.</summary>
    private static string? FirstSource(string text)
    {
        var within = false;
        foreach (var line in text.Split('\n').Select(line => line.Trim()))
        {
            if (within && line.StartsWith('-'))
            {
                return line[1..].Trim().Trim('"', '\'');
            }

            within = line is ":sources:" or "sources:" || (within && (line.Length == 0 || line[0] == '#'));
        }

        return null;
    }

    private static bool IsAddress(string line) =>
        line.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || line.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
}
