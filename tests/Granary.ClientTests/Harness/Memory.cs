using System.Globalization;

namespace Granary.ClientTests.Harness;

/// <summary>How much memory a process holds, as the kernel counts it.</summary>
public static class Memory
{
    /// <summary>Forgets the highest mark so far (proc(5), clear_refs) and returns what is held now, in bytes.</summary>
    public static long Mark(int process)
    {
        File.WriteAllText($"/proc/{process}/clear_refs", "5");
        return Read(process, "VmRSS:");
    }

    /// <summary>The most that was ever held since <see cref="Mark"/>, in bytes.</summary>
    public static long Peak(int process) => Read(process, "VmHWM:");

    private static long Read(int process, string field)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith(field, StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
    }
}
