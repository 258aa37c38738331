using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;

namespace Granary.ClientTests.Harness;

/// <summary>
/// The AWS CLI that is installed, started once for all commands (see <c>clients/aws.py</c>): the tests run well over a thousand of
/// them, and nine tenths of a command's time are Python's start. What the CLI does with its arguments, its files and its
/// environment is the same; the walkthroughs start the program itself.
/// </summary>
public static class ForkedAws
{
    private static readonly Lazy<Task<string?>> Place = new(StartAsync);

    // Held, because it ends with the pipe to it: at the end of this process, or when nothing names it.
    private static Process? _process;

    /// <summary>As <see cref="Command.RunAsync"/>; by that, where the program is no script of Python's.</summary>
    public static async Task<CommandResult> RunAsync(string[] arguments, string directory, IReadOnlyDictionary<string, string> environment)
    {
        if (await Place.Value is not { } place)
        {
            return await Command.RunAsync(Tool.Aws[0], arguments, directory, environment);
        }

        var shown = $"aws {string.Join(' ', arguments)}";
        using var limit = new CancellationTokenSource(Command.DefaultTimeout);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(place), limit.Token);
            await using var stream = new NetworkStream(socket);
            await stream.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(new { arguments, directory, environment }), limit.Token);
            await stream.WriteAsync("\n"u8.ToArray(), limit.Token);
            using var reader = new StreamReader(stream);
            using var answer = JsonDocument.Parse(await reader.ReadLineAsync(limit.Token) ?? throw new InvalidOperationException($"no answer to {shown}"));
            var said = answer.RootElement;
            return new CommandResult(shown, said.GetProperty("code").GetInt32(), said.GetProperty("output").GetString()!, said.GetProperty("error").GetString()!);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"Still running after {Command.DefaultTimeout}: {shown}");
            throw;
        }
    }

    private static async Task<string?> StartAsync()
    {
        using var script = File.OpenText(Tool.Aws[0]);
        if (await script.ReadLineAsync() is not { } line || !line.StartsWith("#!", StringComparison.Ordinal) || !line.Contains("python", StringComparison.Ordinal))
        {
            return null;
        }

        // The process removes it.
        var place = Path.Combine(new TempDirectory("aws").Path, "socket");
        var start = new ProcessStartInfo(line[2..].Trim(), [Path.Combine(AppContext.BaseDirectory, "clients", "aws.py"), place])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["LANG"] = "C.UTF-8";
        _process = Process.Start(start) ?? throw new InvalidOperationException("Python does not start");
        return await _process.StandardOutput.ReadLineAsync() == "ready" ? place : throw new InvalidOperationException("the AWS CLI could not be imported");
    }
}
