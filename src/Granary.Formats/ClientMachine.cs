using System.Collections;
using System.ComponentModel;
using System.Diagnostics;

namespace Granary.Formats;

/// <summary>
/// The machine as a package manager sees it: home directory, environment, programs on the path, configuration files. Nothing
/// here throws for what is missing, unreadable or slow.
/// </summary>
public sealed class ClientMachine(string home, IReadOnlyDictionary<string, string> variables)
{
    // No client's configuration comes near this; a larger file is not one.
    private const long MostBytes = 1 << 20;

    public static ClientMachine Current { get; } = new(
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(
            v => (string)v.Key, v => (string?)v.Value ?? "", OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal));

    public string Home => home;

    /// <summary>Where configuration for the whole machine lies.</summary>
    public string SystemFolder { get; init; } = "/etc";

    /// <summary>How long a client may take to answer about its configuration; less than <see cref="Sources"/> waits in all.</summary>
    public TimeSpan ToolTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>An environment variable; null where it is not set or empty.</summary>
    public string? Variable(string name) => variables.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    /// <summary>A path below the home directory.</summary>
    public string InHome(params string[] path) => Path.Combine([home, .. path]);

    /// <summary>
    /// Fills in environment variables where a client writes them as <paramref name="opening"/>, the name and a closing brace. A
    /// variable that is not set stays as it is written.
    /// </summary>
    public string Expand(string text, string opening)
    {
        for (var at = text.IndexOf(opening, StringComparison.Ordinal); at >= 0; at = text.IndexOf(opening, at, StringComparison.Ordinal))
        {
            var close = text.IndexOf('}', at);
            if (close < 0)
            {
                break;
            }

            var value = Variable(text[(at + opening.Length)..close]);
            text = value is null ? text : text[..at] + value + text[(close + 1)..];
            at = value is null ? close : at + value.Length;
        }

        return text;
    }

    /// <summary>The text of a file, or null where it is missing, unreadable or larger than 1 MiB.</summary>
    public static string? ReadText(string path)
    {
        try
        {
            var file = new FileInfo(path);
            return file.Exists && file.Length <= MostBytes ? File.ReadAllText(path) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>The full path of a program on the path, or null.</summary>
    public string? FindTool(string name)
    {
        string[] endings = OperatingSystem.IsWindows() ? [".exe", ".cmd", ".bat"] : [""];
        foreach (var folder in (Variable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            foreach (var ending in endings)
            {
                var path = Path.Combine(folder, name + ending);
                if (File.Exists(path))
                {
                    return path;
                }
            }
        }

        return null;
    }

    /// <summary>Runs a client in the home directory; null where it is missing, fails, or takes longer than <see cref="ToolTimeout"/>.</summary>
    public async Task<string?> RunAsync(string tool, IEnumerable<string> arguments, CancellationToken cancellation)
    {
        if (FindTool(tool) is not { } path)
        {
            return null;
        }

        var start = new ProcessStartInfo(path, arguments)
        {
            WorkingDirectory = Directory.Exists(home) ? home : Path.GetTempPath(),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        start.Environment["HOME"] = home;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(ToolTimeout);
        return await AnswerAsync(start, limit.Token);
    }

    private static async Task<string?> AnswerAsync(ProcessStartInfo start, CancellationToken limit)
    {
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            return null;
        }

        using (process)
        {
            try
            {
                process.StandardInput.Close();
                var errors = process.StandardError.ReadToEndAsync(limit);
                var output = await process.StandardOutput.ReadToEndAsync(limit);
                await errors;
                await process.WaitForExitAsync(limit);
                return process.ExitCode == 0 ? output.Trim() : null;
            }
            catch (Exception e) when (e is OperationCanceledException or IOException)
            {
                End(process);
                return null;
            }
        }
    }

    private static void End(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It has ended by itself, or the system will not let go of it: the answer is given up either way.
        }
    }
}
